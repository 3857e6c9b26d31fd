"""Row shape of a CSV table: finds where rows begin when quotes are damaged."""

from __future__ import annotations

import csv
import re

from gateway.events.header import read_header
from gateway.events.missing import given_text


class RowShape:
    """Shape of the rows below a header: their width, and the columns of their ids and times."""

    def __init__(self, header: str, id_column: str, time_column: str) -> None:
        self.header = header
        self.delimiter, self.columns = read_header(header.encode())
        self.width = len(self.columns)
        self.id = self.columns.index(id_column)
        self._time = self.columns.index(time_column)
        self._named = (id_column, time_column)
        self._has_time = re.compile(
            rf'(?:^|{re.escape(self.delimiter)})"?\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d'
        )

    def is_row(self, text: str) -> bool:
        """Whether a line begins with an id and has all cells, whatever its quotes are.

        Or a time where rows have theirs: two damaged rows must not pass for one that spans lines.
        """
        separators = text.count(self.delimiter)
        if separators < self._time or self.id_in(text) is None:
            return False
        if separators == self.width - 1 and self._may_be_time(text.split(self.delimiter)):
            return True
        try:
            cells = next(csv.reader([text], delimiter=self.delimiter), [])
        except csv.Error:
            return False
        if len(cells) == self.width:
            return self._may_be_time(cells)
        return len(cells) > self._time and self._has_time.match(cells[self._time]) is not None

    def _may_be_time(self, cells: list[str]) -> bool:
        """Whether a cell has a time, or is missing, in the column of times: a drawing's points are
        numbers, as many as they may be."""
        cell = cells[self._time]
        return self._has_time.match(cell) is not None or given_text(cell.strip('"')) is None

    def begins_row(self, text: str) -> bool:
        """Whether a row, whole or damaged, begins with this line: it has an id or a time."""
        return self.id_in(text) is not None or self._has_time.search(text) is not None

    def id_in(self, text: str) -> str | None:
        """Id at which a line begins; None if it begins with no id."""
        cells = text.split(self.delimiter, self.id + 1)
        cell = cells[self.id].strip(' "\r\n') if len(cells) > self.id else ""
        return cell if cell.isdigit() else None

    def rows_in(self, cells: list[str]) -> int:
        """Number of whole rows in a line: several if the line ends between them are lost."""
        # The last cell of a row is then one with the first cell of the next.
        rows, rest = divmod(len(cells) - 1, self.width - 1)
        begins = range(0, len(cells) - 1, self.width - 1)
        if rest or not all(self._has_time.match(cells[begin + self._time]) for begin in begins):
            return 1
        return rows

    def other_header(self, text: str) -> RowShape | None:
        """Shape of the rows below this line if it is a header itself; else None."""
        if self._named[0] not in text.lower():
            return None
        columns = read_header(text.encode()).columns
        return RowShape(text, *self._named) if {*self._named} <= {*columns} else None
