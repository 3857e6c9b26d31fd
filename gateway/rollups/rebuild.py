"""Rebuild: recount all rollups from the ledger, while readers read and writers write.

A rebuild is a verification whose differences are added. Both sides of the comparison come from
one snapshot, taken without any lock. What writers commit meanwhile they add to the rollups
themselves, and sums commute: stored + theirs + difference = recount + theirs. All differences go
in with one transaction, so a reader sees all old rollups or all new ones, and a rebuild that is
killed leaves everything as it was.

Counts of volunteers are no sums: writers tell from the user set who is new, and tell wrong while it
is. Where it was, they are counted from it once more when it is right.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import Connection, Select, select

from gateway.changes.log import log_change
from gateway.db import Database
from gateway.db.rollup_sets import SETS, USER, RollupSet
from gateway.db.tables import rebuild as rebuilds
from gateway.db.upsert import add_rows, delete_empty, replace_rows
from gateway.errors import Conflict
from gateway.rollups.recount import differences
from gateway.rollups.volunteer_recount import volunteer_differences

_FINISHED: Select[tuple[int]] = select(rebuilds.c.finished)
#: What of a row's key is an entity, and of which kind.
_KINDS = {
    "user_id": "user",
    "group_id": "user_group",
    "project_id": "project",
    "workflow_id": "workflow",
}


async def rebuild(
    database: Database, started: Callable[[RollupSet], None] = lambda _: None
) -> Counter[str]:
    """Recount all sets and correct what differs; returns how many rows differed, by set.

    ``started`` is called with each set. Conflict if another rebuild ended meanwhile, or
    groups were recounted: those corrections are in the rollups now, so these would be added twice.
    """
    fixed: Counter[str] = Counter()
    # On disk: after the loss of a whole set there are as many differences as it has rows.
    with TemporaryFile() as found:
        async with database.read() as snapshot:
            finished = sum(row.finished for row in await snapshot.fetch(_FINISHED))
            for rollup in SETS:
                started(rollup)
                async for rows in snapshot.partitions(differences(rollup)):
                    fixed[rollup.name] += len(rows)
                    pickle.dump((rollup.name, [tuple(row) for row in rows]), found)
        if fixed:
            await database.write(lambda connection: _fix(connection, found, finished, fixed))
    return fixed


def note_rebuild(connection: Connection) -> None:
    """Note a correction of rollups for rebuilds under way; in the transaction that made it."""
    finished = sum(row.finished for row in connection.execute(_FINISHED))
    replace_rows(connection, rebuilds, [(0, finished + 1)])


def _fix(connection: Connection, found: IO[bytes], finished: int, fixed: Counter[str]) -> None:
    if (connection.execute(_FINISHED).scalar() or 0) != finished:
        raise Conflict(
            "Rollups were corrected by another command in the meantime: run this one again."
        )
    changed: dict[str, set[int]] = {kind: set() for kind in _KINDS.values()}
    for rollup, rows in _read(found):
        width = len(rollup.keys)
        for column in _KINDS.keys() & rollup.keys:
            at = rollup.keys.index(column)
            changed[_KINDS[column]].update(row[at] for row in rows)
        add_rows(connection, rollup.table, rows)
        delete_empty(connection, rollup.table, [row[:width] for row in rows])
    if fixed[USER.name]:
        _count_volunteers(connection)
    note_rebuild(connection)
    log_change(connection, **{kind: ids - {0} for kind, ids in changed.items()})


def _count_volunteers(connection: Connection) -> None:
    for rollup in SETS:
        if rollup.volunteer_counts:
            width = len(rollup.keys)
            rows = [tuple(row) for row in connection.execute(volunteer_differences(rollup))]
            add_rows(connection, rollup.table, rows)
            delete_empty(connection, rollup.table, [row[:width] for row in rows])


def _read(found: IO[bytes]) -> Iterator[tuple[RollupSet, list[tuple[Any, ...]]]]:
    sets = {rollup.name: rollup for rollup in SETS}
    end = found.seek(0, 2)
    found.seek(0)
    while found.tell() < end:
        name, rows = pickle.load(found)  # noqa: S301 (written by us, to a file without a name)
        yield sets[name], rows
