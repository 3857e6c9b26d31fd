"""Parquet tables of events, read by DuckDB a few thousand rows at a time."""

from __future__ import annotations

import glob
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import duckdb

from gateway.errors import InvalidEvent, UnreadableFile
from gateway.events.bounds import MOST_GROUPS, Bounds, bounds_at
from gateway.events.duckdb_scan import MOST_OTHERS, DuckDbScan
from gateway.events.event import Batch, Reject
from gateway.events.forms import ACCEPTED, ROWS, Form, form_of_columns
from gateway.events.names import collect_all_names
from gateway.events.plain_rows import (
    may_be_plain,
    read_plain,
    select_other_rows,
    select_plain,
    select_plain_rows,
)
from gateway.events.quoted import written_id
from gateway.events.source import MOST_GROUPS_AT_ONCE, ConsecutiveRejects, Source
from gateway.events.tables import (
    ClassificationRow,
    CommentRow,
    add_classification_row,
    add_comment_row,
)
from gateway.reasons import as_reason, reason_of

PARQUET_MARK = b"PAR1"

#: Nothing is downloaded, nothing is spilled: a Parquet file is read in one pass.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
#: Rows come cheaper than from a text, so more of them share a transaction.
_BATCH_SIZE = 100_000
#: Rows are taken in such pieces: their lists may be long.
_ROWS_AT_ONCE = 2_048
#: The cells of a row that is not plain; None for a plain one.
_other_cells = itemgetter(-1)
_groups_of = attrgetter("group_ids")
_NEEDED_INSTANTS = frozenset({"event_time", "classification_updated_at", "comment_updated_at"})
_SESSION_INSTANTS = frozenset({"started_at", "finished_at"})


class _ParquetScan(DuckDbScan):
    """Statements over the rows of a file, and the parameters of both."""

    first = 1
    batch_rows = _BATCH_SIZE

    def __init__(
        self,
        cells: str,
        parameters: dict[str, Any],
        rows: int,
        read: Callable[[int, Sequence[Any]], Batch],
    ) -> None:
        self.plain = select_plain_rows(cells)
        self.parameters = parameters
        self.rows = rows
        self._others = select_other_rows(cells)
        #: What one of the other rows holds, by its position and its cells.
        self._read = read

    def others(
        self, duck: duckdb.DuckDBPyConnection, taken: str, before: int
    ) -> Sequence[tuple[int, Batch]] | None:
        ((count,),) = duck.execute(f"SELECT count(*) FROM {taken}").fetchall()  # noqa: S608
        if self.rows - count > MOST_OTHERS:
            return None
        if count == self.rows:
            return ()
        (statement,) = duckdb.extract_statements(self._others)
        parameters = {name: self.parameters[name] for name in statement.named_parameters}
        found = duck.execute(statement, parameters).fetchall()
        return [(position, self._read(position, cells)) for position, *cells in found]


class ParquetTable(Source):
    """Parquet table: ``classification_events`` or ``comment_events`` in one file.

    A reject's position is the number of the row, from 1.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        #: Stored, since the file may be deleted while it is read.
        self._bytes = path.stat().st_size
        self._rows = 0
        self._rows_read = 0
        try:
            with duckdb.connect(config=_SETTINGS) as connection:
                ((self._rows,),) = connection.execute(
                    "SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata($file)",
                    self._file,
                ).fetchall()
                described = connection.execute(
                    "DESCRIBE SELECT * FROM read_parquet($file)", self._file
                ).fetchall()
        except duckdb.Error as error:
            raise UnreadableFile(f"{name} is damaged Parquet: {reason_of(error)}.") from error
        types = {column.lower(): kind for column, kind, *_ in described}
        form = form_of_columns(types, name)
        if form not in (Form.CLASSIFICATIONS, Form.COMMENTS):
            columns = as_reason(", ".join(map(as_reason, types)))
            raise UnreadableFile(
                f"{name} is Parquet with the columns {columns}: it must be {ACCEPTED}."
            )
        super().__init__(form, name)
        # The names in the statement are ours: only those of the row's own fields.
        cells = [
            f"{_cell(field, types.get(field), name)} AS {field}" for field in ROWS[form]._fields
        ]
        self._cells = ", ".join(cells)
        self._select = f"SELECT {self._cells} FROM read_parquet($file)"  # noqa: S608
        self._plain = form is Form.CLASSIFICATIONS and may_be_plain(types)

    @property
    def total_bytes(self) -> int | None:
        """The size of the file."""
        return self._bytes

    @property
    def bytes_read(self) -> int:
        """The share of the rows read, as bytes of the file: columns lie apart in it."""
        return self._bytes * self._rows_read // max(self._rows, 1)

    @property
    def _file(self) -> dict[str, str]:
        # DuckDB takes a path for a pattern.
        return {"file": glob.escape(str(self._path))}

    def batches(
        self, now: datetime, size: int | None = None, most_groups: int = MOST_GROUPS
    ) -> Generator[Batch, None, None]:
        """The rows in their order."""
        size = _BATCH_SIZE if size is None else size
        bounds = bounds_at(now, most_groups)
        select = select_plain(self._select) if self._plain else self._select
        values = {**self._file, **bounds._asdict()}
        (statement,) = duckdb.extract_statements(select)
        bound = {name: values[name] for name in statement.named_parameters}
        try:
            with duckdb.connect(config=_SETTINGS) as connection:
                rows = connection.execute(statement, bound)
                convert = self._add_plain if self._plain else self._add_all
                refused, given = ConsecutiveRejects(self.name, "row"), 0
                while True:
                    batch, left, groups = Batch(), size, 0
                    while left > 0 and groups < MOST_GROUPS_AT_ONCE:
                        cells = rows.fetchmany(min(left, _ROWS_AT_ONCE))
                        if not cells:
                            break
                        known = len(batch.classifications)
                        convert(batch, cells, bounds)
                        left -= len(cells)
                        new = batch.classifications[known:]
                        groups += sum(map(len, map(_groups_of, new)))
                    if left == size:
                        break
                    yield batch
                    refused.add(len(batch.rejects), self._rows_read - given, self._rows_read)
                    given = self._rows_read
        except duckdb.Error as error:
            raise UnreadableFile(
                f"{self.name} is damaged: nothing can be read after row {self._rows_read} "
                f"({reason_of(error)})."
            ) from error

    def scan(self, now: datetime, most_groups: int = MOST_GROUPS) -> DuckDbScan | None:
        """Scan in which DuckDB reads most rows; None if no row is plain by its columns."""
        if not self._plain:
            return None
        bounds = bounds_at(now, most_groups)
        numbered = (
            f"SELECT {self._cells}, file_row_number FROM "  # noqa: S608 (names of ours)
            "read_parquet($file, file_row_number = true)"
        )
        values = {**self._file, **bounds._asdict()}

        def read(position: int, cells: Sequence[Any]) -> Batch:
            batch = Batch()
            self._rows_read = position - 1
            self._add(batch, tuple(cells), bounds)
            return batch

        return _ParquetScan(numbered, values, self._rows, read)

    def finished(self) -> None:
        """Let progress show that all rows were taken."""
        self._rows_read = self._rows

    def _add_plain(self, batch: Batch, rows: list[tuple[Any, ...]], bounds: Bounds) -> None:
        if not any(map(_other_cells, rows)):
            plain = read_plain(rows)
            batch.classifications += plain
            self._rows_read += len(rows)
        else:
            plain = []
            for row in rows:
                if row[-1] is None:
                    self._rows_read += 1
                    plain += read_plain([row])
                    batch.classifications.append(plain[-1])
                else:
                    self._add(batch, tuple(row[-1].values()), bounds)
        collect_all_names(batch.names, plain)

    def _add_all(self, batch: Batch, rows: list[tuple[Any, ...]], bounds: Bounds) -> None:
        for cells in rows:
            self._add(batch, cells, bounds)

    def _add(self, batch: Batch, cells: tuple[Any, ...], bounds: Bounds) -> None:
        self._rows_read += 1
        try:
            if self.form is Form.CLASSIFICATIONS:
                add_classification_row(batch, ClassificationRow._make(cells), bounds)
            else:
                add_comment_row(batch, CommentRow._make(cells), bounds)
        except InvalidEvent as error:
            batch.rejects.append(Reject(self._rows_read, written_id(cells[0]), error.message))


def _cell(field: str, kind: str | None, name: str) -> str:
    """SQL that selects a column so that its cells are numbers, texts or lists of them."""
    if kind is None:
        return "NULL"
    if kind == "VARCHAR":
        return f"nullif({field}, '')"
    if field in _NEEDED_INSTANTS or field in _SESSION_INSTANTS:
        if kind.startswith(("TIMESTAMP", "DATE")) and not kind.endswith("]"):
            # An infinite time is none.
            return f"TRY(epoch_us({field}))"
        if field in _NEEDED_INSTANTS:
            raise UnreadableFile(
                f"{name} has {field} as {as_reason(kind)}: it must be a time or a text."
            )
        # A text, so that a number is not taken for a time in microseconds.
        return f"CAST({field} AS VARCHAR)"
    if kind.endswith("[]"):
        # One item more than allowed is enough to detect a list that is too long.
        return f"{field}[1:$groups + 1]"
    return f"CAST({field} AS VARCHAR)" if kind.startswith("DECIMAL") else field
