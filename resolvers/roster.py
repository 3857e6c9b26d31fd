"""The roster of a group: its members, with role and start of membership."""

from __future__ import annotations

import asyncio
from datetime import datetime

import strawberry

from gateway.directory import memberships as directory
from resolvers.connections import NODES, Connection, Edge, Page
from resolvers.context import Info
from resolvers.costs import about
from resolvers.instants import optional_instant
from resolvers.membership import GroupRole, group_roles, load_since
from resolvers.rows import row
from resolvers.user import User, load_users


@row
@strawberry.type(description="A member within the roster, and what they are in the group.")
class GroupMemberEdge(Edge[User]):
    """A volunteer, and their membership of this group."""

    roles: list[GroupRole] = strawberry.field(
        description="Admins first; empty for a member whose roles are none of these.",
        directives=[about(2)],
    )
    since: datetime | None = strawberry.field(
        description="When the membership began; null where the directory does not say so."
    )


@strawberry.type(description="A page of a group's roster, by ascending id of the volunteer.")
class GroupMemberConnection(Connection[User, GroupMemberEdge]):
    """Active members with a role."""

    total_count: int = strawberry.field(description="Members of the group, on all pages.")


async def load_roster(
    info: Info, page: Page[directory.Membership], total: int
) -> GroupMemberConnection:
    """A page of a roster with the names that the operation selects."""
    users, since = await asyncio.gather(
        load_users(info, [one.user_id for one in page.items], *NODES),
        load_since(info, page.items, ("edges", "since")),
    )
    roles = (group_roles(info, one.roles) for one in page.items)
    parts = page.parts(info, GroupMemberEdge, users, roles, map(optional_instant, since))
    return GroupMemberConnection(**parts, total_count=total)
