"""Deduplication: merge the copies of each event that arrived, by the ledger's rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from gateway.events.event import Classification, Comment
from gateway.ingestion.bulk.lines import as_lines, quoted_pattern
from gateway.ingestion.bulk.spool import COLUMNS, FROM_EVENT, FROM_EXPORT_MOVED, pack
from gateway.rollups.apply_batch import Outcome
from gateway.rollups.assigned import AssignedProjects
from gateway.rollups.ledger import encode_groups, winning_copy

_ROWS_AT_ONCE = 10_000


@dataclass(slots=True)
class Deduplicated:
    """Result of the deduplication: how many events are stored, unchanged and replaced."""

    outcome: Outcome = field(default_factory=Outcome)
    assigned: AssignedProjects = field(default_factory=AssignedProjects)
    #: The latest time of an event, also of one replaced later, in microseconds; None without one.
    last_event_at: int | None = None


def deduplicate(
    duck: duckdb.DuckDBPyConnection, folder: Path, check: Callable[[], None]
) -> Deduplicated:
    """Define the views ``classification`` and ``comment``: one merged event of each id.

    Reads the views that the spool defines, and the table ``forgotten_user``. ``check`` is called
    in between; what it raises ends the work.
    """
    result = Deduplicated()
    for table in COLUMNS:
        _deduplicate(duck, table, folder, result, check)
    return result


def _deduplicate(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    folder: Path,
    result: Deduplicated,
    check: Callable[[], None],
) -> None:
    _define_arrivals(duck, table)
    check()
    duck.execute(
        f"CREATE OR REPLACE TABLE {table}_repeated AS SELECT id FROM {table}_arrival"
        " GROUP BY id HAVING count(*) > 1"
    )
    check()
    columns = COLUMNS[table]
    chosen = ", ".join(columns)
    text, file = folder / f"{table}_merged.csv", folder / f"{table}_merged.parquet"
    new = unchanged = replaced = 0
    with text.open("wb") as lines:
        for copies in _repeated(duck, table, check):
            merged = _Merged(result.assigned)
            for number, code, event in copies:
                merged.add(number, code, event)
            new, unchanged = new + 1, unchanged + merged.unchanged
            replaced += merged.replaced
            result.last_event_at = max(result.last_event_at or 0, merged.last_event_at())
            lines.write(as_lines([_cells(merged.event)]))
    view = f"CREATE OR REPLACE VIEW {table} AS SELECT {chosen} FROM {table}_arrival"
    if new:
        pack(duck, text, columns, file)
        view += (
            f" ANTI JOIN {table}_repeated USING (id)"
            f" UNION ALL SELECT {chosen} FROM read_parquet({quoted_pattern(file)})"
        )
    duck.execute(view)
    ((events, last),) = duck.execute(f"SELECT count(*), max(event_time) FROM {table}").fetchall()
    if last is not None:
        result.last_event_at = max(result.last_event_at or 0, last)
    result.outcome = result.outcome.plus(Outcome(events, unchanged, replaced))


def _define_arrivals(duck: duckdb.DuckDBPyConnection, table: str) -> None:
    """Define the view of arrivals, in which events of erased users are anonymous."""
    erased = "user_id IN (SELECT user_id FROM forgotten_user)"
    ((any_erased,),) = duck.execute("SELECT count(*) FROM forgotten_user").fetchall()
    replaced = [f"CASE WHEN {erased} THEN NULL ELSE user_id END AS user_id"]
    if "group_ids" in COLUMNS[table]:
        replaced.append(f"CASE WHEN {erased} THEN NULL ELSE group_ids END AS group_ids")
    chosen = f"* REPLACE ({', '.join(replaced)})" if any_erased else "*"
    duck.execute(f"CREATE OR REPLACE VIEW {table}_arrival AS SELECT {chosen} FROM {table}_copy")


def _repeated(
    duck: duckdb.DuckDBPyConnection, table: str, check: Callable[[], None]
) -> Iterator[Iterator[tuple[int, int, Classification | Comment]]]:
    """The arrivals of each id that came more than once, in their order."""
    columns = ", ".join(COLUMNS[table])
    with duck.cursor() as cursor:
        cursor.execute(
            f"SELECT batch, export, {columns} FROM {table}_arrival"
            f" SEMI JOIN {table}_repeated USING (id) ORDER BY id, position"
        )

        def rows() -> Iterator[tuple[Any, ...]]:
            while found := cursor.fetchmany(_ROWS_AT_ONCE):
                check()
                yield from found

        for _, copies in groupby(rows(), key=itemgetter(2)):
            yield ((row[0], row[1], _event(table, row[2:])) for row in copies)


def _event(table: str, cells: tuple[Any, ...]) -> Classification | Comment:
    if table == "comment":
        return Comment._make(cells)
    return Classification._make((*cells[:-1], tuple(cells[-1] or ())))


class _Merged:
    """One event while its copies are merged."""

    def __init__(self, assigned: AssignedProjects) -> None:
        self.event: Classification | Comment | None = None
        self.unchanged = self.replaced = 0
        self._assigned = assigned
        self._batch: int | None = None
        self._before: Classification | Comment | None = None
        self._last = 0

    def add(self, batch: int, code: int, event: Any) -> None:
        """Merge a copy that arrived with a batch; ``code`` is of the spool."""
        if batch != self._batch:
            self._note()
            self._batch, self._before = batch, self.event
        known: Any = self.event
        if known is None:
            self.event = event
            return
        if code != FROM_EVENT:
            self._assigned.move = code == FROM_EXPORT_MOVED
            event = self._assigned.assign(event, known)
        if (winner := winning_copy(event, known)) == known:
            self.unchanged += 1
        else:
            self.event = winner
            self.replaced += 1

    def last_event_at(self) -> int:
        """Latest time of the event after any batch, in microseconds."""
        self._note()
        return self._last

    def _note(self) -> None:
        if self.event is not None and self.event != self._before:
            self._last = max(self._last, self.event.event_time)


def _cells(event: Any) -> tuple[Any, ...]:
    if isinstance(event, Classification):
        return (*event[:-1], encode_groups(event.group_ids))
    return (*event,)
