"""A volunteer's memberships and invitations, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from gateway.arguments import read_page
from gateway.directory import memberships as directory
from resolvers.arguments import given
from resolvers.connections import page_of
from resolvers.context import Info
from resolvers.cursors import id_cursor, read_id_cursor
from resolvers.membership import (
    GroupRole,
    MembershipConnection,
    MembershipState,
    filter_memberships,
    load_membership_connection,
)

#: The default of `first`.
MEMBERSHIPS_PAGE = 100


async def load_user_memberships(
    info: Info,
    user_id: int,
    first: int | None,
    after: str | None,
    states: Sequence[MembershipState] | None = None,
    roles: Sequence[GroupRole] | None = None,
) -> MembershipConnection:
    """A page of a user's memberships of groups that exist for the viewer.

    Those of ended groups are included only if ``states`` has INACTIVE.
    """
    size = read_page(given(first, MEMBERSHIPS_PAGE))
    behind = read_id_cursor(after)
    of_user = await info.context.loaders.memberships_by_user.load(user_id)
    found = filter_memberships(of_user, states, roles)
    decisions = await info.context.loaders.access.load_many([one.group_id for one in found])
    with_ended = states is not None and MembershipState.INACTIVE in states
    visible = [
        one
        for one, access in zip(found, decisions, strict=True)
        if access is not None and (with_ended or not access.group.ended)
    ]
    later = (one for one in visible if one.group_id > behind)
    page = page_of(tuple(islice(later, size + 1)), size, after, _cursor_of)
    return await load_membership_connection(info, page, len(visible))


async def load_invitations(
    info: Info, user_id: int, first: int | None, after: str | None
) -> MembershipConnection:
    """A page of a user's invitations that are open."""
    return await load_user_memberships(info, user_id, first, after, [MembershipState.INVITED])


def _cursor_of(membership: directory.Membership) -> str:
    return id_cursor(membership.group_id)
