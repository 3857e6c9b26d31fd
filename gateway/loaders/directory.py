"""Loaders of the directory: entities by their id, and the lists that hang on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Row, Select

from gateway.directory.memberships import MEMBERSHIPS_OF_VIEWER, Membership, membership_of
from gateway.directory.panoptes.answers import ASKED_AT, FORGOTTEN, Place, Scope
from gateway.loaders.facts import Batch, FactLoader, Facts
from gateway.stats.subject import Kind
from gateway.stats.versions import RECORDED, Entity

V = TypeVar("V")


class RecordLoader(FactLoader[int, V | None], Generic[V]):
    """Records by id, None for an id that the directory does not know."""

    def __init__(
        self,
        facts: Facts,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Row[*tuple[Any, ...]]], V],
    ) -> None:
        super().__init__(facts)
        self.name = RECORDED[kind]  # type: ignore[misc]  # one class for all kinds
        self._statement = statement
        self._read = read

    def batches(self, keys: Sequence[int]) -> Iterable[Batch]:
        def read(rows: Sequence[Any]) -> Mapping[int, V]:
            return {row[0]: self._read(row) for row in rows}

        yield Batch(keys, self._statement, {"ids": keys}, read)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self.name, key),)

    def nothing(self) -> None:
        return None


class RecordsLoader(FactLoader[int, tuple[V, ...]], Generic[V]):
    """All records that belong to an id, in the order of the statement.

    ``what`` is a name for the records; ``owner`` names the column that holds the id of a ``kind``.
    """

    def __init__(
        self,
        facts: Facts,
        what: str,
        kind: Kind,
        statement: Select[Any],
        read: Callable[[Row[*tuple[Any, ...]]], V],
        owner: str,
    ) -> None:
        super().__init__(facts)
        self.name = f"{what} of {kind.name}"  # type: ignore[misc]  # one class for all lists
        self._kind = RECORDED[kind]
        self._statement = statement
        self._read = read
        self._owner = owner

    def batches(self, keys: Sequence[int]) -> Iterable[Batch]:
        def read(rows: Sequence[Any]) -> Mapping[int, tuple[V, ...]]:
            records: dict[int, list[V]] = defaultdict(list)
            for row in rows:
                records[getattr(row, self._owner)].append(self._read(row))
            return {key: tuple(found) for key, found in records.items()}

        yield Batch(keys, self._statement, {"ids": keys}, read)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((self._kind, key),)

    def nothing(self) -> tuple[V, ...]:
        return ()


class MembershipKey(NamedTuple):
    """One user's membership of a group."""

    user_id: int
    group_id: int


class MembershipLoader(FactLoader[MembershipKey, Membership | None]):
    """Single memberships, whatever their state; None where there is none."""

    name = "membership"

    def batches(self, keys: Sequence[MembershipKey]) -> Iterable[Batch]:
        def read(rows: Sequence[Any]) -> Mapping[MembershipKey, Membership]:
            found = map(membership_of, rows)
            return {MembershipKey(one.user_id, one.group_id): one for one in found}

        groups: dict[int, list[MembershipKey]] = defaultdict(list)
        for key in keys:
            groups[key.user_id].append(key)
        for user_id, asked in groups.items():
            parameters = {"viewer": user_id, "ids": [key.group_id for key in asked]}
            yield Batch(asked, MEMBERSHIPS_OF_VIEWER, parameters, read)

    def entities(self, key: MembershipKey) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.GROUP], key.group_id),)

    def nothing(self) -> None:
        return None


class AskedAtLoader(FactLoader[Scope, Mapping[Place, int]]):
    """When Panoptes was last asked; that has no version, and is read each time."""

    name = "asked at"

    def batches(self, keys: Sequence[Scope]) -> Iterable[Batch]:
        for scope in keys:

            def read(rows: Sequence[Any], scope: Scope = scope) -> Mapping[Scope, object]:
                return {scope: {(row[0], row[1]): row[2] for row in rows}}

            yield Batch([scope], ASKED_AT, scope.parameters(), read)

    def entities(self, key: Scope) -> tuple[Entity, ...]:
        return ()

    def nothing(self) -> Mapping[Place, int]:
        return {}


class ForgottenLoader(FactLoader[int, bool]):
    """Whether users were erased."""

    name = "forgotten"

    def batches(self, keys: Sequence[int]) -> Iterable[Batch]:
        def read(rows: Sequence[Any]) -> Mapping[int, bool]:
            return {row[0]: True for row in rows}

        yield Batch(keys, FORGOTTEN, {"users": keys}, read)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ((RECORDED[Kind.USER], key),)

    def nothing(self) -> bool:
        return False
