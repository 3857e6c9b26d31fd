"""Loaders of the directory: entities by their id, and the lists that hang on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select

from gateway.changes.entity import Entity
from gateway.directory.memberships import MEMBERSHIPS_OF_VIEWER, Membership, membership_of
from gateway.directory.panoptes.answers import ASKED_AT, FORGOTTEN, Place, Scope
from gateway.loaders.loader import Batches, Request, StatementLoader
from gateway.stats.entities import RECORDED
from gateway.stats.subject import Kind

V = TypeVar("V")


class RecordLoader(StatementLoader[int, V | None], Generic[V]):
    """Records by id, None for an id that the directory does not know."""

    def __init__(
        self,
        batches: Batches,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Any], V],
    ) -> None:
        super().__init__(batches)
        self.name = RECORDED[kind]  # type: ignore[misc]  # one class for all kinds
        self._statement = statement
        self._read = read

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, V]:
            return {row[0]: self._read(row) for row in rows}

        yield Request(keys, self._statement, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self.name, key),)

    def nothing(self) -> None:
        return None


class RecordsLoader(StatementLoader[int, tuple[V, ...]], Generic[V]):
    """All records that belong to an id, ascending by their ``order``.

    ``what`` is a name for the records; ``owner`` is the field that holds the id of a ``kind``.
    """

    def __init__(
        self,
        batches: Batches,
        what: str,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Any], V],
        owner: str,
        order: str,
    ) -> None:
        super().__init__(batches)
        self.name = f"{what} of {kind.name}"  # type: ignore[misc]  # one class for all lists
        self._kind = RECORDED[kind]
        self._statement = statement
        self._read = read
        self._owner = attrgetter(owner)
        self._order = attrgetter(order)

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, tuple[V, ...]]:
            records: dict[int, list[V]] = defaultdict(list)
            for record in map(self._read, rows):
                records[self._owner(record)].append(record)
            return {key: tuple(sorted(found, key=self._order)) for key, found in records.items()}

        yield Request(keys, self._statement, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self._kind, key),)

    def nothing(self) -> tuple[V, ...]:
        return ()


class MembershipKey(NamedTuple):
    """One user's membership of a group."""

    user_id: int
    group_id: int


class MembershipLoader(StatementLoader[MembershipKey, Membership | None]):
    """Single memberships, whatever their state; None where there is none."""

    name = "membership"

    def requests(self, keys: Sequence[MembershipKey]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[MembershipKey, Membership]:
            found = map(membership_of, rows)
            return {MembershipKey(one.user_id, one.group_id): one for one in found}

        groups: dict[int, list[MembershipKey]] = defaultdict(list)
        for key in keys:
            groups[key.user_id].append(key)
        for user_id, asked in groups.items():
            parameters = {"viewer": user_id, "ids": [key.group_id for key in asked]}
            yield Request(asked, MEMBERSHIPS_OF_VIEWER, parameters, values)

    def entities(self, key: MembershipKey) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.GROUP], key.group_id),)

    def nothing(self) -> None:
        return None


class AskedAtLoader(StatementLoader[Scope, Mapping[Place, int]]):
    """When Panoptes was last asked; that has no version, and is read each time."""

    name = "asked at"

    def requests(self, keys: Sequence[Scope]) -> Iterable[Request]:
        for scope in keys:

            def values(rows: Sequence[Any], scope: Scope = scope) -> Mapping[Scope, object]:
                return {scope: {(row[0], row[1]): row[2] for row in rows}}

            yield Request([scope], ASKED_AT, scope.parameters(), values)

    def entities(self, key: Scope) -> tuple[Entity, ...]:
        return ()

    def nothing(self) -> Mapping[Place, int]:
        return {}


class ForgottenLoader(StatementLoader[int, bool]):
    """Whether users were erased."""

    name = "forgotten"

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, bool]:
            return {row[0]: True for row in rows}

        yield Request(keys, FORGOTTEN, {"users": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.USER], key),)

    def nothing(self) -> bool:
        return False
