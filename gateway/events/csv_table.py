"""CSV tables of events: classification exports and ERAS's tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from operator import itemgetter

from gateway.errors import InvalidEvent
from gateway.events.bounds import Bounds
from gateway.events.event import Batch, Reject
from gateway.events.exports import ExportRow, Origin, add_export_row
from gateway.events.forms import ROWS, Form
from gateway.events.header import first_line, read_header
from gateway.events.lines import Lines
from gateway.events.shown import written_id
from gateway.events.tables import (
    ClassificationRow,
    CommentRow,
    add_classification_row,
    add_comment_row,
)
from gateway.events.text import TextSource

#: A cell may hold a long drawing; a quote that is never closed must not take all the memory.
LARGEST_CELL = 16 * 1024 * 1024

Row = list[str] | csv.Error


class CsvTable(TextSource[Row]):
    """A table whose header names the columns; they are found by their names."""

    def __init__(
        self,
        form: Form,
        name: str,
        start: Callable[[], Lines],
        total_bytes: int | None,
        origin: Origin,
    ) -> None:
        super().__init__(form, name, start, total_bytes)
        self._origin = origin
        self._columns = 0
        self._pick: Callable[[list[str]], tuple[str, ...]] = tuple
        self._without_project = 0
        self._without_metadata = False

    @property
    def remarks(self) -> list[str]:
        """That the project of some rows is unknown, or that a column lacks, if so."""
        remarks = []
        if self._without_project:
            remarks.append(
                f"{self.name}: {self._without_project:,} counted to no project, because theirs is "
                "unknown; import the file again with --project-id to say it."
            )
        if self._without_metadata:
            remarks.append(
                f"{self.name} has no column metadata: its classifications count 0 seconds, and "
                "to no group."
            )
        return remarks

    def _items(self, lines: Lines) -> Iterator[tuple[int, Row]]:
        # A setting of the process, and the only reader here that needs one.
        csv.field_size_limit(LARGEST_CELL)
        source = iter(lines)
        first = first_line(source)
        if first is None:
            return
        delimiter, header = read_header(first.text)
        self._columns = len(header)
        # A column that the table does not have is the empty cell added to each row.
        places = {column: place for place, column in reversed(list(enumerate(header)))}
        self._without_metadata = self.form is Form.EXPORT and "metadata" not in places
        fields = ROWS[self.form]._fields
        self._pick = itemgetter(*(places.get(field, len(header)) for field in fields))
        rows = csv.reader(
            (line.decode(errors="replace") for line in source), strict=True, delimiter=delimiter
        )
        while True:
            position = first.number + rows.line_num + 1
            try:
                row: Row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                row = error
            if row:
                yield position, row

    def _add(self, batch: Batch, position: int, item: Row, bounds: Bounds) -> None:
        if isinstance(item, csv.Error):
            batch.rejects.append(Reject(position, None, f"The row is not CSV: {item}."))
            return
        cells = self._pick([*item, *[""] * (self._columns + 1 - len(item))])
        try:
            self._check_width(item)
            self._add_row(batch, cells, bounds)
        except InvalidEvent as error:
            batch.rejects.append(Reject(position, written_id(cells[0] or None), error.message))

    def _check_width(self, row: list[str]) -> None:
        """A row of another width than the header has its cells in the wrong columns."""
        if len(row) != self._columns:
            raise InvalidEvent(
                f"The row has {len(row)} cells where the header has {self._columns}."
            )

    def _add_row(self, batch: Batch, cells: tuple[str, ...], bounds: Bounds) -> None:
        if self.form is Form.EXPORT:
            add_export_row(batch, ExportRow._make(cells), bounds, self._origin)
            self._without_project += not batch.classifications[-1].project_id
        elif self.form is Form.CLASSIFICATIONS:
            add_classification_row(batch, ClassificationRow._make(cells), bounds)
        else:
            add_comment_row(batch, CommentRow._make(cells), bounds)
