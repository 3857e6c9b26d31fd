"""CSV tables of events: classification exports and ERAS's tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from operator import itemgetter
from pathlib import Path

from gateway.errors import InvalidEvent
from gateway.events.bounds import MOST_GROUPS, Bounds, bounds_at
from gateway.events.csv_scan import CsvScan, body_of
from gateway.events.duckdb_scan import DuckDbScan
from gateway.events.event import Batch, Reject
from gateway.events.exports import ExportRow, Origin, add_export_row
from gateway.events.forms import KEY_COLUMNS, ROWS, Form
from gateway.events.header import first_line
from gateway.events.lines import LONGEST_LINE, Lines
from gateway.events.quoted import written_id
from gateway.events.row_shape import RowShape
from gateway.events.rows import Damage, Row, Rows
from gateway.events.tables import (
    ClassificationRow,
    CommentRow,
    add_classification_row,
    add_comment_row,
)
from gateway.events.text import TextSource

#: A cell may hold a long drawing; a quote that is never closed must not take all the memory.
LARGEST_CELL = LONGEST_LINE


class CsvTable(TextSource[Row]):
    """CSV table; its header names the columns, in any order."""

    def __init__(
        self,
        form: Form,
        name: str,
        start: Callable[[], Lines],
        total_bytes: int | None,
        origin: Origin,
        path: Path | None = None,
    ) -> None:
        super().__init__(form, name, start, total_bytes)
        #: The path, if it is a file.
        self._path = path
        self._origin = origin
        self._rows: Rows | None = None
        self._pick: Callable[[list[str]], tuple[str, ...]] = tuple
        self._without_project = 0
        self._without_metadata = False

    @property
    def remarks(self) -> list[str]:
        """Remarks: also on headers between the rows, unknown projects and a missing column."""
        remarks = super().remarks
        if self._rows is not None and (headers := self._rows.headers_passed_over):
            were = (
                "header between the rows was" if headers == 1 else "headers between the rows were"
            )
            remarks.append(
                f"{self.name}: {headers:,} {were} skipped: the file was put together from "
                "several files."
            )
        if self._without_project:
            remarks.append(
                f"{self.name}: {self._without_project:,} counted to no project, because their "
                "project is unknown: import the file again with --project-id to set it."
            )
        if self._without_metadata:
            remarks.append(
                f"{self.name} has no column metadata: its classifications count 0 seconds and "
                "count to no group."
            )
        return remarks

    def _items(self, lines: Lines) -> Iterator[tuple[int, Row]]:
        # A setting of the whole process; no other reader here uses it.
        csv.field_size_limit(LARGEST_CELL)
        source = iter(lines)
        header = first_line(source)
        if header is None:
            return iter(())
        shape = self._shaped(self._decoder.decode(header.text))
        self._rows = Rows(self.name, source, header.number, shape, self._decoder)
        return iter(self._rows)

    def scan(self, now: datetime, most_groups: int = MOST_GROUPS) -> DuckDbScan | None:
        """Scan in which DuckDB reads most rows as events; None if it cannot read the file."""
        if self.form is not Form.CLASSIFICATIONS or self._path is None:
            return None
        with closing(self._start()) as lines:
            header = first_line(iter(lines))
        body = None if header is None else body_of(self._path, header)
        if header is None or body is None:
            return None
        csv.field_size_limit(LARGEST_CELL)
        shape = self._shaped(header.text.decode())
        bounds = bounds_at(now, most_groups)

        def read(position: int, line: bytes) -> Batch | None:
            rows = Rows(self.name, iter([line]), position - 1, shape, self._decoder)
            batch, found = Batch(), [*rows]
            # A row that may depend on other lines is not read without them.
            if len(found) != 1 or isinstance(found[0][1], Damage) or rows.headers_passed_over:
                return None
            ((_, item),) = found
            self._add(batch, position, item, bounds)
            return batch

        return CsvScan(self._path, shape, body, bounds, read)

    def finished(self) -> None:
        """Let progress show that all rows were taken."""
        self._bytes_read = self.total_bytes or 0

    def _shaped(self, header: str) -> RowShape:
        """The shape of the rows; their cells are picked from it from now on."""
        shape = RowShape(header, *KEY_COLUMNS[self.form])
        # A column that the table does not have is the empty cell added to each row.
        indexes = {column: index for index, column in reversed(list(enumerate(shape.columns)))}
        self._without_metadata = self.form is Form.EXPORT and "metadata" not in indexes
        fields = ROWS[self.form]._fields
        self._pick = itemgetter(*(indexes.get(field, shape.width) for field in fields))
        return shape

    def _add(self, batch: Batch, position: int, item: Row, bounds: Bounds) -> None:
        if isinstance(item, Damage):
            self._reject(batch, position, item.event_id, item.reason)
            return
        cells = self._pick([*item, ""])
        try:
            self._add_row(batch, cells, bounds)
        except InvalidEvent as error:
            self._reject(batch, position, written_id(cells[0] or None), error.message)

    def _reject(self, batch: Batch, first: int, event_id: str | None, reason: str) -> None:
        last = first if self._rows is None else self._rows.last_line
        lines = f" It takes the lines {first} to {last}." if last > first else ""
        batch.rejects.append(Reject(first, event_id, reason + lines))

    def _add_row(self, batch: Batch, cells: tuple[str, ...], bounds: Bounds) -> None:
        if self.form is Form.EXPORT:
            add_export_row(batch, ExportRow._make(cells), bounds, self._origin)
            self._without_project += not batch.classifications[-1].project_id
        elif self.form is Form.CLASSIFICATIONS:
            add_classification_row(batch, ClassificationRow._make(cells), bounds)
        else:
            add_comment_row(batch, CommentRow._make(cells), bounds)
