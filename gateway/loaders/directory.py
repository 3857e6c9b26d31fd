"""Loaders of the directory: entities by their id, and lists of their records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select

from gateway.changes.entity import Entity
from gateway.directory.memberships import MEMBERSHIPS_OF_VIEWER, Membership, membership_of
from gateway.directory.panoptes.answers import REQUESTED_AT, RecordKey, Scope
from gateway.directory.panoptes.local_groups import LOCAL_GROUPS
from gateway.loaders.loader import EMPTY, Batches, Bound, KeyLoader, Request, StatementLoader
from gateway.rollups.erasure import ERASED
from gateway.stats.entities import RECORDED
from gateway.stats.subject import Kind

V = TypeVar("V")
T = TypeVar("T", bound=tuple[Any, ...])


class RecordLoader(StatementLoader[int, V | None], Generic[V]):
    """Records by id, None for an id that the directory does not know."""

    default = None

    def __init__(
        self,
        batches: Batches,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Any], V],
    ) -> None:
        super().__init__(batches, RECORDED[kind])
        self._statement = statement
        self._read = read

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, V]:
            return {row[0]: self._read(row) for row in rows}

        yield Request(keys, self._statement, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self.name, key),)


class RecordsLoader(StatementLoader[int, tuple[T, ...]], Generic[T]):
    """All records that belong to an id, ascending.

    ``what`` is a name for the records; ``owner`` is the field that holds the id of a ``kind``.
    """

    default = ()

    def __init__(
        self,
        batches: Batches,
        what: str,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Any], T],
        owner: str,
    ) -> None:
        super().__init__(batches, f"{what} of {kind.name}")
        self._kind = RECORDED[kind]
        self._statement = statement
        self._read = read
        self._owner = attrgetter(owner)

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, tuple[T, ...]]:
            records: dict[int, list[T]] = defaultdict(list)
            for record in map(self._read, rows):
                records[self._owner(record)].append(record)
            return {key: tuple(sorted(found)) for key, found in records.items()}

        yield Request(keys, self._statement, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self._kind, key),)


class MembershipKey(NamedTuple):
    """One user's membership of a group."""

    user_id: int
    group_id: int


class MembershipLoader(StatementLoader[MembershipKey, Membership | None]):
    """Single memberships, whatever their state; None where there is none."""

    name = "membership"
    default = None

    def requests(self, keys: Sequence[MembershipKey]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[MembershipKey, Membership]:
            found = map(membership_of, rows)
            return {MembershipKey(one.user_id, one.group_id): one for one in found}

        groups: dict[int, list[MembershipKey]] = defaultdict(list)
        for key in keys:
            groups[key.user_id].append(key)
        for user_id, requested in groups.items():
            parameters = {"viewer": user_id, "ids": [key.group_id for key in requested]}
            yield Request(requested, MEMBERSHIPS_OF_VIEWER, parameters, values)

    def entities(self, key: MembershipKey) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.GROUP], key.group_id),)


class RequestedAtLoader(KeyLoader[Scope, Mapping[RecordKey, int]]):
    """When Panoptes was last asked; that has no version, and is read each time."""

    name = "asked at"
    default = EMPTY

    def statement(self, key: Scope) -> Bound:
        return REQUESTED_AT, key.parameters()

    def value(self, key: Scope, rows: Sequence[Any]) -> Mapping[RecordKey, int]:
        return {(row[0], row[1]): row[2] for row in rows}

    def entities(self, key: Scope) -> tuple[Entity, ...]:
        return ()


class ErasedUserLoader(StatementLoader[int, bool]):
    """Whether users were erased, who must not come back by an answer of Panoptes."""

    name = "forgotten"
    default = False

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        yield Request(keys, ERASED, {"users": keys}, lambda rows: {row[0]: True for row in rows})

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.USER], key),)


class LocalGroupLoader(StatementLoader[int, bool]):
    """Whether this gateway decides about groups, and no Panoptes."""

    name = "led here"
    default = False

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        yield Request(
            keys, LOCAL_GROUPS, {"ids": keys}, lambda rows: {row[0]: True for row in rows}
        )

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.GROUP], key),)
