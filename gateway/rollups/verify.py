"""Verify rollups: recount each from the ledger, both in one snapshot, and compare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from gateway.db import Snapshot
from gateway.db.rollup_sets import RollupSet
from gateway.rollups.recount import differences


class Difference(NamedTuple):
    """A row of a rollup that differs from the ledger."""

    rollup: RollupSet
    #: The set's key columns and what would have to be added to each of its measures.
    row: tuple[Any, ...]

    def __str__(self) -> str:
        names = (*self.rollup.keys, *self.rollup.measures)
        values = dict(zip(names, self.row, strict=True))
        keys = ", ".join(f"{name} {values[name]}" for name in self.rollup.keys)
        amounts = ", ".join(f"{name} {values[name]:+}" for name in self.rollup.measures)
        return f"{self.rollup.name}: {keys}: {amounts}"


async def verify(snapshot: Snapshot, rollup: RollupSet) -> AsyncIterator[list[Difference]]:
    """The differences of one set, some thousands at a time; none in a sound database."""
    async for rows in snapshot.partitions(differences(rollup)):
        yield [Difference(rollup, tuple(row)) for row in rows]
