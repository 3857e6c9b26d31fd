"""Loaders of group life: counts of memberships, spans, join links and the history of groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.changes.entity import Entity
from gateway.directory.memberships import (
    MEMBERSHIPS_OF_GROUP,
    Membership,
    MembershipState,
    membership_of,
)
from gateway.groups.links import JoinLink
from gateway.groups.open_spans import OPEN_SPANS
from gateway.groups.reading import (
    HISTORY,
    HISTORY_LENGTHS,
    JOIN_LINKS_BY_GROUP,
    MEMBERSHIP_COUNTS_BY_GROUP,
    GroupChange,
    MembershipCounts,
    group_change_of,
    join_link_of,
)
from gateway.loaders.directory import MembershipKey
from gateway.loaders.loader import Loader, Request, StatementLoader, pairs
from gateway.stats.entities import RECORDED
from gateway.stats.subject import Kind


def _group_record(group_id: int) -> tuple[Entity, ...]:
    return ((RECORDED[Kind.GROUP], group_id),)


class MembershipCountsLoader(StatementLoader[int, MembershipCounts]):
    """Numbers of a group's memberships by state and role, by group id."""

    name = "membership counts"
    default = MembershipCounts(0, 0, 0, 0, 0, 0)

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, MembershipCounts]:
            return {row[0]: MembershipCounts(*row) for row in rows}

        yield Request(keys, MEMBERSHIP_COUNTS_BY_GROUP, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return _group_record(key)


class LiveMembershipCounts:
    """Membership counts of the lists that a live loader answers."""

    def __init__(self, memberships: Loader[int, tuple[Membership, ...]]) -> None:
        self._memberships = memberships

    async def load(self, group_id: int) -> MembershipCounts:
        """Numbers of a group's memberships by state and role."""
        found = await self._memberships.load(group_id)
        states = [one.state for one in found]
        return MembershipCounts(
            group_id,
            states.count(MembershipState.ACTIVE),
            states.count(MembershipState.INVITED),
            states.count(MembershipState.INACTIVE),
            sum(one.is_effective for one in found),
            sum(one.is_group_admin for one in found),
        )


class GroupMembershipLoader(StatementLoader[MembershipKey, Membership | None]):
    """Memberships of several users in one group, whatever their state."""

    name = "membership in group"
    default = None

    def requests(self, keys: Sequence[MembershipKey]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[MembershipKey, Membership]:
            found = map(membership_of, rows)
            return {MembershipKey(one.user_id, one.group_id): one for one in found}

        groups: dict[int, list[MembershipKey]] = defaultdict(list)
        for key in keys:
            groups[key.group_id].append(key)
        for group_id, requested in groups.items():
            parameters = {"group": group_id, "ids": [key.user_id for key in requested]}
            yield Request(requested, MEMBERSHIPS_OF_GROUP, parameters, values)

    def entities(self, key: MembershipKey) -> tuple[Entity, ...]:
        return _group_record(key.group_id)


class OpenSpanLoader(StatementLoader[MembershipKey, int | None]):
    """The beginning of a user's open membership span (microseconds); None without one.

    A batch is about one group or about one user: it reads all pairs of its groups and users.
    """

    name = "open span"
    default = None

    def requests(self, keys: Sequence[MembershipKey]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[MembershipKey, int]:
            return {MembershipKey(user_id, group_id): since for group_id, user_id, since in rows}

        parameters = {
            "groups": sorted({key.group_id for key in keys}),
            "users": sorted({key.user_id for key in keys}),
        }
        yield Request(keys, OPEN_SPANS, parameters, values)

    def entities(self, key: MembershipKey) -> tuple[Entity, ...]:
        # Spans change with the memberships they belong to.
        return _group_record(key.group_id)


class JoinLinkLoader(StatementLoader[int, JoinLink | None]):
    """Join links by group id. They are secrets: whoever may not see one must not load it."""

    name = "join link"
    default = None

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, JoinLink]:
            return {row[0]: join_link_of(row) for row in rows}

        yield Request(keys, JOIN_LINKS_BY_GROUP, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ()


class HistoryPage(NamedTuple):
    """Up to ``most`` changes of a group, newest first, before the id ``before``."""

    group_id: int
    most: int
    before: int


class HistoryLoader(StatementLoader[HistoryPage, tuple[GroupChange, ...]]):
    """Pages of the history of groups, read each time."""

    name = "history"
    default = ()

    def requests(self, keys: Sequence[HistoryPage]) -> Iterable[Request]:
        pages: dict[tuple[int, int], list[HistoryPage]] = defaultdict(list)
        for key in keys:
            pages[key.most, key.before].append(key)
        for (most, before), requested in pages.items():

            def values(
                rows: Sequence[Any], most: int = most, before: int = before
            ) -> Mapping[HistoryPage, tuple[GroupChange, ...]]:
                found: dict[int, list[GroupChange]] = defaultdict(list)
                for change in map(group_change_of, rows):
                    found[change.group_id].append(change)
                return {
                    HistoryPage(group_id, most, before): tuple(
                        sorted(changes, key=lambda one: one.id, reverse=True)
                    )
                    for group_id, changes in found.items()
                }

            groups = [key.group_id for key in requested]
            bound = {"ids": groups, "before": before, "others": most - 1}
            yield Request(requested, HISTORY, bound, values)

    def entities(self, key: HistoryPage) -> tuple[Entity, ...]:
        return ()


class HistoryLengthLoader(StatementLoader[int, int]):
    """How many changes the history of a group has, by group id."""

    name = "history length"
    default = 0

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        yield Request(keys, HISTORY_LENGTHS, {"ids": keys}, pairs)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ()
