"""Who belongs to which group."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from gateway.directory import memberships as directory
from resolvers.context import Info
from resolvers.costs import about
from resolvers.lookahead import selects

if TYPE_CHECKING:
    from resolvers.user import User
    from resolvers.user_group import UserGroup


@strawberry.enum(description="The state of a membership.")
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


@strawberry.type(description="A volunteer's membership of a group.")
class Membership:
    """Membership in one group."""

    user: Annotated[User, strawberry.lazy("resolvers.user")] = strawberry.field(
        description="The volunteer."
    )
    group: Annotated[UserGroup, strawberry.lazy("resolvers.user_group")] = strawberry.field(
        description="The group."
    )
    state: MembershipState = strawberry.field(description="The state of the membership.")
    roles: list[str] = strawberry.field(
        description="Roles, such as `group_admin` and `group_member`, in order of name.",
        directives=[about(2)],
    )


async def load_memberships(info: Info, found: Iterable[directory.Membership]) -> list[Membership]:
    """Memberships whose group exists for the viewer, with what the operation selects of users."""
    from resolvers.user import load_users
    from resolvers.user_group import UserGroup

    shown = list(found)
    decisions = await info.context.loaders.access.load_many([one.group_id for one in shown])
    users = await load_users(info, [one.user_id for one in shown], "user")
    return [
        Membership(
            user=user,
            group=UserGroup.of(access),
            state=MembershipState(one.state),
            roles=sorted(one.roles),
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
        (user,) = await load_users(info, [user_id], "user")
    return Membership(
        user=user,
        group=group,
        state=MembershipState(own.state),
        roles=sorted(own.roles or ()),
    )
