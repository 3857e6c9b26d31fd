"""Memberships: who belongs to which group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from gateway.directory import memberships as directory
from gateway.loaders.directory import MembershipKey
from gateway.name_keys import LONGEST_SEARCH, matches
from resolvers.connections import NODES, Connection, Edge, Page
from resolvers.context import Info
from resolvers.costs import about
from resolvers.instants import optional_instant
from resolvers.lookahead import reaches, selects
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


_STATES: dict[object, MembershipState] = {state.value: state for state in MembershipState}
_ROLES = {
    directory.GROUP_ADMIN: GroupRole.GROUP_ADMIN,
    directory.GROUP_MEMBER: GroupRole.GROUP_MEMBER,
}


def group_roles(info: Info, roles: Iterable[str]) -> list[GroupRole]:
    """Convert roles to those of the schema, admins first; others are left out and counted."""
    held = sorted(roles)
    known = [_ROLES[role] for role in held if role in _ROLES]
    info.context.note_unknown_roles(len(held) - len(known))
    return known


@strawberry.enum(description="Why a membership ended. More reasons may come.")
class MembershipEnd(Enum):
    """Reasons for the end of a membership, as the directory stores them."""

    LEFT = strawberry.enum_value("left", description="The member left.")
    REMOVED = strawberry.enum_value(
        "removed", description="An admin removed the member, or withdrew the invitation."
    )
    DECLINED = strawberry.enum_value("declined", description="The invitation was declined.")
    GROUP = strawberry.enum_value("group", description="The group was deactivated.")
    ACCOUNT = strawberry.enum_value("account", description="The account was closed.")


_ENDS: dict[object, MembershipEnd] = {end.value: end for end in MembershipEnd}

StatesArgument = Annotated[
    list[MembershipState] | None,
    strawberry.argument(description="Only memberships in these states. Default: in any."),
]
RolesArgument = Annotated[
    list[GroupRole] | None,
    strawberry.argument(description="Only memberships with one of these roles. Default: all."),
]

MemberSearchArgument = Annotated[
    str | None,
    strawberry.argument(
        description="Only people in whose login or display name this is the beginning of the name, "
        "or of any word and what follows it. Letter case, punctuation and spaces make no "
        f"difference. At most {LONGEST_SEARCH} characters; null or blank finds all."
    ),
]


@strawberry.type(description="A volunteer's membership of a group.")
class Membership:
    """A membership of one group."""

    id: strawberry.ID = strawberry.field(description="Unique among memberships.")
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
    since: datetime | None = strawberry.field(
        description="When the membership began, or the invitation was made; null if not known."
    )
    ended_at: datetime | None = strawberry.field(
        description="When an inactive membership ended; null if it has not, or if not known."
    )
    ended_by: MembershipEnd | None = strawberry.field(
        description="Why an inactive membership ended; null if it has not, or if not known."
    )


@row
@strawberry.type(description="A membership within a page.")
class MembershipEdge(Edge[Membership]):
    """An edge with a cursor and a node alone."""


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
    nodes = await load_memberships(info, page.items, *NODES)
    return MembershipConnection(**page.parts(info, MembershipEdge, nodes), total_count=total)


async def load_memberships(
    info: Info, found: Iterable[directory.Membership], *paths: tuple[str, ...]
) -> list[Membership]:
    """Memberships whose group exists for the viewer, with what the operation selects at paths."""
    from resolvers.user import load_users
    from resolvers.user_group import UserGroup

    listed = list(found)
    # The groups were loaded before. Without anything to read there is no ``gather``: one more
    # iteration of the event loop would split the batch of this level's loaders.
    decisions = await info.context.loaders.access.load_many([one.group_id for one in listed])
    ids, ways = [one.user_id for one in listed], [(*path, "user") for path in paths]
    times = [(*path, "since") for path in paths]
    if any(reaches(info, *path) for path in times):
        users, since = await asyncio.gather(
            load_users(info, ids, *ways), load_since(info, listed, *times)
        )
    else:
        users, since = await load_users(info, ids, *ways), [one.created_at for one in listed]
    return [
        _membership(info, one, user, UserGroup.of(access), began)
        for one, user, access, began in zip(listed, users, decisions, since, strict=True)
        if access is not None
    ]


async def load_since(
    info: Info, found: Sequence[directory.Membership], *paths: tuple[str, ...]
) -> Sequence[int | None]:
    """The start of each membership; read only if the operation selects it at a path.

    After a return it is the start of the new span; without a span, the time in the directory.
    """
    if not any(reaches(info, *path) for path in paths):
        return [one.created_at for one in found]
    keys = [MembershipKey(one.user_id, one.group_id) for one in found]
    spans = await info.context.loaders.open_spans.load_many(keys)
    return [
        one.created_at if span is None else span for one, span in zip(found, spans, strict=True)
    ]


def _membership(
    info: Info,
    found: directory.Membership,
    user: User,
    group: UserGroup,
    since: int | None,
) -> Membership:
    is_over = found.state is directory.MembershipState.INACTIVE
    return Membership(
        id=strawberry.ID(str(found.id)),
        user=user,
        group=group,
        state=_STATES[found.state],
        roles=group_roles(info, found.roles),
        since=optional_instant(since),
        ended_at=optional_instant(found.updated_at) if is_over else None,
        ended_by=_ENDS.get(found.ended_by or "") if is_over else None,
    )


def filter_memberships(
    found: Iterable[directory.Membership],
    states: Sequence[MembershipState] | None,
    roles: Sequence[GroupRole] | None,
) -> list[directory.Membership]:
    """Memberships in one of these states and with one of these roles; None is any."""
    wanted_states: set[object] | None = None if states is None else {one.value for one in states}
    wanted_roles: set[object] | None = None if roles is None else {one.value for one in roles}
    return [
        one
        for one in found
        if (wanted_states is None or one.state in wanted_states)
        and (wanted_roles is None or one.roles & wanted_roles)
    ]


async def search_memberships(
    info: Info, found: list[directory.Membership], key: str | None
) -> list[directory.Membership]:
    """Memberships of people whose name a search with this key finds; None finds all."""
    if key is None:
        return found
    records = await info.context.loaders.users.load_many([one.user_id for one in found])
    return [
        one
        for one, record in zip(found, records, strict=True)
        if record is not None
        and any(name and matches(name, key) for name in (record.login, record.display_name))
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
    if not selects(info, beyond={"state", "roles"}):
        user = cast("User", None)  # not selected: a null in its place would be an error
        held = directory.Membership(group.group_id, 0, own.state, own.roles or frozenset())
        return _membership(info, held, user, group, None)
    found = await info.context.permissions.own_membership(group.group_id)
    assert found is not None  # noqa: S101 - it gave the permissions
    (user,), (since,) = await asyncio.gather(
        load_users(info, [found.user_id], ("user",)), load_since(info, [found], ("since",))
    )
    return _membership(info, found, user, group, since)
