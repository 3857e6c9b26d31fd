"""The list of public groups, by pages: without hidden and ended ones, whoever the viewer is."""

from __future__ import annotations

import strawberry

from gateway.directory.name_lists import NameList
from gateway.errors import Unavailable
from gateway.loaders.access import is_public
from resolvers.connections import Connection, Edge, page_of
from resolvers.context import Info
from resolvers.listing import load_page, order_of
from resolvers.rows import row
from resolvers.user_group import UserGroup


@row
@strawberry.type(description="A group, and where it stands in a list.")
class UserGroupEdge(Edge[UserGroup]):
    """A group and its cursor."""


@strawberry.type(description="A page of public groups, by name.")
class UserGroupConnection(Connection[UserGroup, UserGroupEdge]):
    """Groups that are not hidden and have not ended."""

    total_count: int = strawberry.field(
        description="Groups on all pages, as the gateway's own directory has them."
    )


async def list_user_groups(
    info: Info, search: str | None, first: int | None, after: str | None
) -> UserGroupConnection:
    """A page of the public groups that a search finds.

    With look-ups at Panoptes, a group that was hidden there since it was copied is left out.
    Unavailable if that leaves an empty page while others follow: any cursor to continue from would
    reveal a hidden group.
    """
    order = order_of(NameList.PUBLIC_GROUPS, search)
    page, total = await load_page(info, order, first, after)
    decisions = await info.context.loaders.access.load_many([one.entity_id for one in page.items])
    visible = [
        (item, UserGroup.of(access))
        for item, access in zip(page.items, decisions, strict=True)
        if access is not None and is_public(access.group)
    ]
    if len(visible) < len(page.items):
        has_more = page.page_info.has_next_page
        if has_more and not visible:
            raise Unavailable("Panoptes, which stores the groups, shows none of this page.")
        items = [item for item, _ in visible]
        found = [*items, page.items[-1]] if has_more else items
        page = page_of(found, len(items), after, order.cursor)
    nodes = [group for _, group in visible]
    return UserGroupConnection(**page.parts(info, UserGroupEdge, nodes), total_count=total)
