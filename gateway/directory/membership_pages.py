"""Pages and counts of the memberships that a viewer may see, by ascending id."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, false, func, or_, select

from gateway.auth.visibility import ViewerRole, may_see_individuals
from gateway.db.ids import among
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import MembershipState, encode_roles
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import GOES_ON


class MembershipRecord(NamedTuple):
    """A membership with all that its record shows; instants are microseconds since the epoch."""

    id: int
    group_id: int
    user_id: int
    state: MembershipState
    roles: frozenset[str]
    created_at: int | None
    updated_at: int | None
    revision: int


class SeenMemberships(NamedTuple):
    """The memberships that a viewer may see, whatever the filters.

    All of ``user_id`` and of the groups ``led``, the effective ones of ``rosters``, and those of
    every group that is not marked private and shows its members to anyone.
    """

    everything: bool = False
    user_id: int | None = None
    led: tuple[int, ...] = ()
    rosters: tuple[int, ...] = ()


class MembershipList(NamedTuple):
    """Memberships among those that are seen; None does not narrow them."""

    seen: SeenMemberships
    ids: tuple[int, ...] | None = None
    user_ids: tuple[int, ...] | None = None
    group_ids: tuple[int, ...] | None = None
    states: frozenset[MembershipState] | None = None


class RosterList(NamedTuple):
    """The members of one group, perhaps only those with certain ids."""

    group_id: int
    user_ids: tuple[int, ...] | None = None


def membership_record(row: Sequence[Any]) -> MembershipRecord:
    """The record in a row of :func:`membership_page`."""
    record_id, group_id, user_id, state, roles, created_at, updated_at, revision = row
    held = frozenset(orjson.loads(roles))
    return MembershipRecord(
        record_id,
        group_id,
        user_id,
        MembershipState(state),
        held,
        created_at,
        updated_at,
        revision,
    )


def membership_page(question: MembershipList) -> tuple[Select[Any], dict[str, Any]]:
    """Rows of :func:`membership_record`; ``limit`` and ``offset`` are bound beside."""
    return _page(*_shape(question)), _bound(question)


def membership_count(question: MembershipList) -> tuple[Select[Any], dict[str, Any]]:
    """One row: how many there are."""
    return _count(*_shape(question)), _bound(question)


def roster_page(question: RosterList) -> tuple[Select[Any], dict[str, Any]]:
    """Rows of a user's id, ascending; ``limit`` and ``offset`` are bound beside."""
    group_id, user_ids = question
    return _roster_page(user_ids is not None), {"group": group_id, "user_ids": user_ids or ()}


def roster_count(question: RosterList) -> tuple[Select[Any], dict[str, Any]]:
    """One row: how many members there are."""
    group_id, user_ids = question
    return _roster_count(user_ids is not None), {"group": group_id, "user_ids": user_ids or ()}


_COLUMNS = (
    membership.c.id,
    membership.c.group_id,
    membership.c.user_id,
    membership.c.state,
    membership.c.roles,
    membership.c.created_at,
    membership.c.updated_at,
    membership.c.revision,
)
_FILTERS = {
    "ids": membership.c.id,
    "user_ids": membership.c.user_id,
    "group_ids": membership.c.group_id,
}
_EFFECTIVE = and_(
    membership.c.state == MembershipState.ACTIVE.value, membership.c.roles != encode_roles(())
)
_OPEN_LEVELS = [
    int(level) for level in StatsVisibility if may_see_individuals(level, ViewerRole.ANYONE)
]
_OPEN_GROUPS = (
    select(user_group.c.id)
    .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    .where(
        or_(*(user_group.c.stats_visibility == level for level in _OPEN_LEVELS)),
        user_group.c.private.is_(False),
        GOES_ON,
    )
)
_limit = bindparam("limit", type_=BigInteger)
_offset = bindparam("offset", type_=BigInteger)

_Shape = tuple[bool, frozenset[str], frozenset[MembershipState] | None]


def _shape(question: MembershipList) -> _Shape:
    """What the text of a statement depends on."""
    narrowed = frozenset(name for name in _FILTERS if getattr(question, name) is not None)
    return question.seen.everything, narrowed, question.states


def _bound(question: MembershipList) -> dict[str, Any]:
    seen = question.seen
    return {
        # No user has the id 0.
        "viewer": seen.user_id or 0,
        "led": seen.led,
        "rosters": seen.rosters,
        **{name: getattr(question, name) or () for name in _FILTERS},
    }


def _where(
    everything: bool,  # noqa: FBT001 (a cache key)
    narrowed: frozenset[str],
    states: frozenset[MembershipState] | None,
) -> list[ColumnElement[bool]]:
    where = [among(_FILTERS[name], name) for name in sorted(narrowed)]
    if states is not None:
        wanted = sorted(state.value for state in states)
        where.append(or_(false(), *(membership.c.state == state for state in wanted)))
    if not everything:
        where.append(_seen(is_narrow=bool(narrowed)))
    return where


def _seen(*, is_narrow: bool) -> ColumnElement[bool]:
    """Looked up for each of few memberships, else found by the groups that show them."""
    in_open_group = (
        _OPEN_GROUPS.where(user_group.c.id == membership.c.group_id).correlate(membership).exists()
        if is_narrow
        else membership.c.group_id.in_(_OPEN_GROUPS)
    )
    return or_(
        membership.c.user_id == bindparam("viewer", type_=BigInteger),
        among(membership.c.group_id, "led"),
        and_(among(membership.c.group_id, "rosters"), _EFFECTIVE),
        and_(in_open_group, _EFFECTIVE),
    )


@lru_cache(maxsize=256)
def _page(
    everything: bool,  # noqa: FBT001 (a cache key)
    narrowed: frozenset[str],
    states: frozenset[MembershipState] | None,
) -> Select[Any]:
    found = select(*_COLUMNS).where(*_where(everything, narrowed, states))
    # Inside, since the order of a statement goes when it is united.
    return select(found.order_by(membership.c.id).limit(_limit).offset(_offset).subquery("page"))


@lru_cache(maxsize=256)
def _count(
    everything: bool,  # noqa: FBT001 (a cache key)
    narrowed: frozenset[str],
    states: frozenset[MembershipState] | None,
) -> Select[Any]:
    return select(func.count()).select_from(membership).where(*_where(everything, narrowed, states))


def _roster(is_narrow: bool) -> list[ColumnElement[bool]]:  # noqa: FBT001 (a cache key)
    where = [membership.c.group_id == bindparam("group", type_=BigInteger), _EFFECTIVE]
    return [*where, among(membership.c.user_id, "user_ids")] if is_narrow else where


@lru_cache(maxsize=2)
def _roster_page(is_narrow: bool) -> Select[Any]:  # noqa: FBT001 (a cache key)
    found = select(membership.c.user_id).where(*_roster(is_narrow))
    ordered = found.order_by(membership.c.user_id).limit(_limit).offset(_offset)
    return select(ordered.subquery("page"))


@lru_cache(maxsize=2)
def _roster_count(is_narrow: bool) -> Select[Any]:  # noqa: FBT001 (a cache key)
    return select(func.count()).select_from(membership).where(*_roster(is_narrow))
