"""Loaders of the directory: entities by their id, and the lists that hang on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Row, Select

from gateway.auth.viewer import Viewer
from gateway.db import Snapshot
from gateway.directory.memberships import MEMBERSHIPS_OF_VIEWER, Membership, membership_of

V = TypeVar("V")


class RecordLoader(DataLoader[int, V | None], Generic[V]):
    """Records by id, None for an id that the directory does not know."""

    def __init__(
        self, snapshot: Snapshot, statement: Select[Any], read: Callable[[Row[*tuple[Any, ...]]], V]
    ) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._statement = statement
        self._read = read

    async def batch_load_fn(self, keys: list[int]) -> list[V | None]:
        """The records in the order of the ids."""
        rows = await self._snapshot.fetch(self._statement, {"ids": keys})
        records = {row.id: self._read(row) for row in rows}
        return [records.get(key) for key in keys]


class RecordsLoader(DataLoader[int, tuple[V, ...]], Generic[V]):
    """All records that belong to an id, in the order of the statement.

    ``owner`` names the column that holds the id.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        statement: Select[Any],
        read: Callable[[Row[*tuple[Any, ...]]], V],
        owner: str,
    ) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._statement = statement
        self._read = read
        self._owner = owner

    async def batch_load_fn(self, keys: list[int]) -> list[tuple[V, ...]]:
        """The records of each id, in the order of the ids."""
        records: dict[int, list[V]] = defaultdict(list)
        for row in await self._snapshot.fetch(self._statement, {"ids": keys}):
            records[getattr(row, self._owner)].append(self._read(row))
        return [tuple(records.get(key, ())) for key in keys]


class ViewerMembershipLoader(DataLoader[int, Membership | None]):
    """The viewer's own membership of groups, by group id; nothing is read for the anonymous."""

    def __init__(self, snapshot: Snapshot, viewer: Viewer) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._viewer = viewer

    async def batch_load_fn(self, keys: list[int]) -> list[Membership | None]:
        """The memberships in the order of the group ids."""
        if self._viewer.id is None:
            return [None] * len(keys)
        rows = await self._snapshot.fetch(
            MEMBERSHIPS_OF_VIEWER, {"viewer": self._viewer.id, "ids": keys}
        )
        memberships = {row.group_id: membership_of(row) for row in rows}
        return [memberships.get(key) for key in keys]
