"""Who belongs to which group."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from gateway.directory import memberships as directory
from resolvers.connections import NODES, Connection, Edge, Page
from resolvers.context import Info
from resolvers.costs import about
from resolvers.lookahead import selects
from resolvers.rows import row

if TYPE_CHECKING:
    from resolvers.user import User
    from resolvers.user_group import UserGroup


@strawberry.enum(description="How far somebody's membership has come, in Panoptes' words.")
class MembershipState(Enum):
    """Panoptes' states."""

    ACTIVE = strawberry.enum_value(
        directory.MembershipState.ACTIVE,
        description="A member, if there is at least one role.",
    )
    INVITED = strawberry.enum_value(
        directory.MembershipState.INVITED, description="Invited, not yet a member."
    )
    INACTIVE = strawberry.enum_value(
        directory.MembershipState.INACTIVE, description="Former member: left or was removed."
    )


@strawberry.enum(description="What a member may do in a group.")
class GroupRole(Enum):
    """Panoptes' roles that mean something here; it may have others."""

    GROUP_ADMIN = strawberry.enum_value(
        directory.GROUP_ADMIN,
        description="Manages the group, and sees the statistics of each member.",
    )
    GROUP_MEMBER = strawberry.enum_value(
        directory.GROUP_MEMBER,
        description="Classifies for the group, and sees what its statsVisibility shows members.",
    )


_ROLES = {
    directory.GROUP_ADMIN: GroupRole.GROUP_ADMIN,
    directory.GROUP_MEMBER: GroupRole.GROUP_MEMBER,
}


def group_roles(info: Info, roles: Iterable[str]) -> list[GroupRole]:
    """Roles as the schema shows them, admins first; others are left out and counted."""
    held = sorted(roles)
    known = [_ROLES[role] for role in held if role in _ROLES]
    info.context.note_unknown_roles(len(held) - len(known))
    return known


@strawberry.type(description="A volunteer's membership of a group.")
class Membership:
    """Membership in one group."""

    user: Annotated[User, strawberry.lazy("resolvers.user")] = strawberry.field(
        description="Whose membership it is."
    )
    group: Annotated[UserGroup, strawberry.lazy("resolvers.user_group")] = strawberry.field(
        description="What it is a membership of."
    )
    state: MembershipState = strawberry.field(description="Whether it has begun and has not ended.")
    roles: list[GroupRole] = strawberry.field(
        description="Admins first; empty for a membership that gives no role known here.",
        directives=[about(2)],
    )


@row
@strawberry.type(description="A membership within a page.")
class MembershipEdge(Edge[Membership]):
    """Nothing but its place."""


@strawberry.type(
    description="A page of memberships: of a group by volunteer, of a volunteer by group."
)
class MembershipConnection(Connection[Membership, MembershipEdge]):
    """Memberships of a group by user, or of a user by group."""

    total_count: int = strawberry.field(
        description="Memberships on all pages, of which the viewer may see the group."
    )


async def load_membership_connection(
    info: Info, page: Page[directory.Membership], total: int
) -> MembershipConnection:
    """A page of memberships, all of groups that exist for the viewer."""
    paths = [(*path, "user") for path in NODES]
    nodes = await load_memberships(info, page.items, *paths)
    return MembershipConnection(**page.parts(info, MembershipEdge, nodes), total_count=total)


async def load_memberships(
    info: Info, found: Iterable[directory.Membership], *paths: tuple[str, ...]
) -> list[Membership]:
    """Memberships whose group exists for the viewer, with what the operation selects of users.

    The users are at ``paths``.
    """
    from resolvers.user import load_users
    from resolvers.user_group import UserGroup

    shown = list(found)
    decisions = await info.context.loaders.access.load_many([one.group_id for one in shown])
    users = await load_users(info, [one.user_id for one in shown], *paths)
    return [
        Membership(
            user=user,
            group=UserGroup.of(access),
            state=MembershipState(one.state),
            roles=group_roles(info, one.roles),
        )
        for one, user, access in zip(shown, users, decisions, strict=True)
        if access is not None
    ]


async def load_own_membership(info: Info, group: UserGroup) -> Membership | None:
    """The viewer's own membership of a group; None without one.

    Only state and roles are the same for others with the same permissions: an operation that
    selects more asks whose membership it is, which makes its answer personal.
    """
    from resolvers.user import load_users

    own = group.access.permissions
    if own.state is None:
        return None
    user = cast("User", None)  # not selected: a null in its place would be an error
    if selects(info, beyond={"state", "roles"}):
        user_id = info.context.permissions.user_id
        assert user_id is not None  # noqa: S101 - there is a membership
        (user,) = await load_users(info, [user_id], ("user",))
    return Membership(
        user=user,
        group=group,
        state=MembershipState(own.state),
        roles=group_roles(info, own.roles or ()),
    )
