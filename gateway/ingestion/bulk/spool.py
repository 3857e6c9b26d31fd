"""Spool of a bulk load: events in temporary Parquet files, in the order of arrival."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count, repeat
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from gateway.events.duckdb_scan import DuckDbScan
from gateway.events.event import Batch, Classification, Comment
from gateway.ingestion.bulk.lines import as_lines, lines_of, quoted, quoted_pattern
from gateway.ingestion.export import Export
from gateway.rollups.ledger import encode_groups

#: The columns of the ledger, and their types in DuckDB.
COLUMNS = {
    "classification": {
        "id": "BIGINT",
        "event_time": "BIGINT",
        "updated_at": "BIGINT",
        "user_id": "BIGINT",
        "project_id": "BIGINT",
        "workflow_id": "BIGINT",
        "session_ms": "BIGINT",
        "group_ids": "BIGINT[]",
    },
    "comment": {
        "id": "BIGINT",
        "event_time": "BIGINT",
        "updated_at": "BIGINT",
        "user_id": "BIGINT",
        "project_id": "BIGINT",
    },
}
#: Columns of an arrival beside its event: its position, its batch, and the source of its project.
ARRIVAL = {"position": "BIGINT", "batch": "BIGINT", "export": "INTEGER"}
#: Values of ``export``: the event names its project, or an export gives it, without or with a move.
FROM_EVENT, FROM_EXPORT, FROM_EXPORT_MOVED = 0, 1, 2

_MOST_TEXT = 64 << 20
_THREADS = 2
#: Half the size of version 1, which more programs can read.
_PARQUET = "(FORMAT parquet, PARQUET_VERSION v2)"


def connect(folder: Path, memory_megabytes: int) -> duckdb.DuckDBPyConnection:
    """Connect to a new DuckDB with bounded memory; it spills to files in ``folder``."""
    duck = duckdb.connect(
        config={
            "memory_limit": f"{memory_megabytes}MB",
            "threads": _THREADS,
            "temp_directory": str(folder / "spilled"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    # By default it draws one for each statement of more than two seconds.
    duck.execute("SET enable_progress_bar = false")
    return duck


class Spool:
    """Spool of batches, and of rows that DuckDB reads itself, in one order of arrival."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._duck = duck
        self._folder = folder
        self._numbers = count(1)
        self._texts: dict[str, BinaryIO] = {}
        self._files: dict[str, list[Path]] = {table: [] for table in COLUMNS}
        self._position = 0
        self._batch = 0

    def add(self, batch: Batch, export: Export | None) -> None:
        """Add the events of a batch, as they are to be stored."""
        code = _code(export)
        for events in (batch.classifications, batch.comments):
            positions = range(self._position + 1, self._position + len(events) + 1)
            self._write(events, positions, [self._batch] * len(events), code)
            self._position += len(events)
        self._batch += 1

    def add_scan(self, scan: DuckDbScan) -> tuple[str, int]:
        """Add the plain rows of a file.

        Returns SQL over the added rows, and the offset of their positions.
        """
        file, before = self._new_file("classification"), self._position
        columns = ", ".join((*COLUMNS["classification"], *scan.more))
        try:
            with _in_order(self._duck) if scan.in_order else nullcontext():
                self._duck.execute(
                    f"COPY (SELECT position + {before} AS position,"
                    f" {self._batch} + (position - {scan.first}) // {scan.batch_rows}"
                    f" AS batch, {FROM_EVENT}::INTEGER AS export, {columns}"
                    f" FROM ({scan.plain})) TO {quoted(file)} {_PARQUET}",
                    scan.parameters,
                )
        except duckdb.Error:
            self.give_up()
            raise
        return f"read_parquet({quoted_pattern(file)})", before

    def give_up(self) -> None:
        """Delete the rows of the last scan."""
        self._files["classification"].pop().unlink(missing_ok=True)

    def end_scan(
        self, scan: DuckDbScan, others: int, events: Sequence[tuple[int, Classification]]
    ) -> str:
        """Add the events of the file's other rows, by their positions in it, and end the scan.

        Returns SQL over the plain rows alone. The next events are of other batches.
        """
        before, file = self._position, self._files["classification"][-1]
        if others and scan.more:
            alone = self._new_file("classification")
            source = f"read_parquet({quoted_pattern(file)})"
            self._duck.execute(
                f"COPY (FROM {source} WHERE id IS NOT NULL) TO {quoted(alone)} {_PARQUET}"
            )
            self._files["classification"].remove(file)
            file.unlink()
            file = alone
        self._write(
            [event for _, event in events],
            [before + position for position, _ in events],
            [self._batch + (position - scan.first) // scan.batch_rows for position, _ in events],
            FROM_EVENT,
        )
        self._position += scan.first + scan.rows
        self._batch += scan.rows // scan.batch_rows + 1
        return f"read_parquet({quoted_pattern(file)})"

    def finish(self) -> None:
        """Define the views ``classification_copy`` and ``comment_copy``: all arrivals."""
        for table, columns in COLUMNS.items():
            self._pack(table)
            kinds = {**ARRIVAL, **columns}
            if files := self._files[table]:
                source = f"read_parquet([{', '.join(map(quoted_pattern, files))}])"
                chosen = ", ".join(kinds)
            else:
                source = "range(0)"
                chosen = ", ".join(f"NULL::{kind} AS {name}" for name, kind in kinds.items())
            self._duck.execute(
                f"CREATE OR REPLACE VIEW {table}_copy AS SELECT {chosen} FROM {source}"
            )

    def close(self) -> None:
        """Close the files."""
        while self._texts:
            self._texts.popitem()[1].close()

    def _write(
        self,
        events: Sequence[Classification] | Sequence[Comment],
        positions: Sequence[int],
        batches: Sequence[int],
        code: int,
    ) -> None:
        if not events:
            return
        columns: list[tuple[Any, ...]] = [*zip(*events, strict=True)]
        table = "classification" if isinstance(events[0], Classification) else "comment"
        if table == "classification":
            columns[-1] = (*map(encode_groups, columns[-1]),)
        rows = zip(positions, batches, repeat(code), *columns, strict=False)
        if table not in self._texts:
            self._texts[table] = (self._folder / f"{table}.csv").open("wb")
        self._texts[table].write(as_lines([*rows]))
        if self._texts[table].tell() > _MOST_TEXT:
            self._pack(table)

    def _pack(self, table: str) -> None:
        """Make Parquet of the text so far."""
        if (text := self._texts.pop(table, None)) is None:
            return
        text.close()
        path = Path(text.name)
        columns = {**ARRIVAL, **COLUMNS[table]}
        pack(self._duck, path, columns, self._new_file(table))

    def _new_file(self, table: str) -> Path:
        file = self._folder / f"{table}-{next(self._numbers)}.parquet"
        self._files[table].append(file)
        return file


@contextmanager
def _in_order(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Preserve the order of rows in DuckDB, with one thread."""
    duck.execute("SET threads = 1")
    duck.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        duck.execute(f"SET threads = {_THREADS}")
        duck.execute("SET preserve_insertion_order = false")


def pack(duck: duckdb.DuckDBPyConnection, text: Path, columns: dict[str, str], file: Path) -> None:
    """Convert a file of CSV lines to Parquet, and delete it."""
    duck.execute(f"COPY (FROM {lines_of(text, columns)}) TO {quoted(file)} {_PARQUET}")
    text.unlink()


def _code(export: Export | None) -> int:
    if export is None:
        return FROM_EVENT
    return FROM_EXPORT_MOVED if export.move else FROM_EXPORT
