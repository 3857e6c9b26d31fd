"""Store a bulk load in one transaction, which readers see as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import duckdb
from sqlalchemy import Connection, select

from gateway.changes.log import log_change_of_everything
from gateway.db.group_tables import future_event, group_tenure, membership_span
from gateway.db.instants import written_at
from gateway.db.rollup_sets import SETS
from gateway.db.tables import backfill, classification, comment, forgotten_user, ingestion
from gateway.db.upsert import replace_rows
from gateway.errors import Unavailable
from gateway.ingestion.bulk.deduplication import Deduplicated, deduplicate
from gateway.ingestion.bulk.keys import without_keys
from gateway.ingestion.bulk.spool import COLUMNS
from gateway.ingestion.bulk.sums import add_up, free_sums, rollup_rows
from gateway.ingestion.bulk.tables import put_rows, read_table
from gateway.ingestion.bulk.verification import count_differences
from gateway.rollups.half_loaded import check_without_events, end_bulk_load

_LEDGERS = (classification, comment)
_FILLED = (*_LEDGERS, *(rollup.table for rollup in SETS))


class RollupsDiffer(Exception):
    """Error: so many ``rows`` of the rollups differ from the events; nothing was stored."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows:,} rows differ")
        self.rows = rows


class BulkLoad:
    """Bulk load of a finished spool into the database.

    ``report`` is called as each step begins. With ``verify``, the stored rollups are recounted.
    """

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        folder: Path,
        report: Callable[[str], None],
        *,
        verify: bool,
    ) -> None:
        self._duck = duck
        self._folder = folder
        self._report = report
        self._verify = verify
        self._stopped = Event()

    def stop(self) -> None:
        """Stop :meth:`store` soon, in whatever thread it runs; nothing of it is stored."""
        self._stopped.set()
        self._duck.interrupt()

    def store(self, connection: Connection) -> Deduplicated:
        """Store events, rollups and the state of ingestion; in a writing transaction.

        Conflict if the database has events; RollupsDiffer if the verification finds a difference.
        """
        check_without_events(connection)
        self._report("Removing copies")
        for table in (forgotten_user, backfill, membership_span, group_tenure):
            read_table(connection, self._duck, table, select(table), self._folder, self._check)
        result = deduplicate(self._duck, self._folder, self._check)
        if result.last_event_at is not None:
            self._report("Adding up")
            add_up(self._duck, self._check)
            with without_keys(connection, [table.name for table in _FILLED], self._report_next):
                self._fill(connection)
            free_sums(self._duck)
            if self._verify:
                self._recount(connection)
            self._note(connection, result.last_event_at)
            log_change_of_everything(connection)
        end_bulk_load(connection)
        self._check()
        return result

    def _fill(self, connection: Connection) -> None:
        for table in _LEDGERS:
            self._report_next(f"Storing {table.name}")
            columns = ", ".join(
                "'[' || array_to_string(group_ids, ',') || ']' AS group_ids"
                if name == "group_ids"
                else name
                for name in COLUMNS[table.name]
            )
            rows = f"SELECT {columns} FROM {table.name} ORDER BY id"
            put_rows(connection, self._duck, table, rows, self._folder, self._check)
        for rollup in SETS:
            self._report_next(f"Storing {rollup.table.name}")
            rows = rollup_rows(self._duck, rollup)
            put_rows(connection, self._duck, rollup.table, rows, self._folder, self._check)

    def _recount(self, connection: Connection) -> None:
        rows = count_differences(connection, self._duck, self._folder, self._report, self._check)
        if rows:
            raise RollupsDiffer(rows)

    def _note(self, connection: Connection, last_event_at: int) -> None:
        now = written_at(connection)
        replace_rows(connection, ingestion, [(0, last_event_at, now)])
        rows = f"SELECT event_time, id FROM classification WHERE event_time > {now} ORDER BY ALL"
        put_rows(connection, self._duck, future_event, rows, self._folder, self._check)

    def _report_next(self, step: str) -> None:
        self._check()
        self._report(step)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise Unavailable("The bulk load was stopped.")
