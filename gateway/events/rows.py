"""CSV rows with recovery from damaged quotes.

The csv module reads them. Only where it finds an irregular row are lines checked one by one, so
that a damaged row takes no other row with it.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from gateway.errors import UnreadableFile
from gateway.events.line_decoder import LineDecoder
from gateway.events.lines import LONGEST_LINE, MOST_BLANK_LINES, endlessly_blank
from gateway.events.row_shape import RowShape
from gateway.reasons import reason_of

#: A row may truly span lines: no more than these, which together are no longer than one may be.
MOST_LINES = 1_000_000
#: Lines in which no row begins are looked at together, up to so many.
_LINES_TOGETHER = 1_000
_MARK = "\ufeff"
#: A line of these alone is no row: spreadsheets save an empty one as a row of delimiters.
_NOTHING = ' \t\r\n\v\f\xa0",;'


class Damage(NamedTuple):
    """Damaged row: why it cannot be read, and its id if that can be found."""

    reason: str
    event_id: str | None = None


Row = list[str] | Damage

_NEVER_CLOSED = "A quoted cell of the row is never closed."
#: The csv module's message for that.
_ENDS_IN_QUOTES = "unexpected end of data"
#: Replaces a line that is too long; csv rejects it in any position of a row.
_TOO_LONG = '"a line"too long\n'


class Rows:
    """Iterator over the rows after a header, once: the number of the first line, and the cells.

    A row ends where its quotes end it, but in any case before a line that begins with an id and
    has the header's number of cells. A repeated header, as of concatenated files, is skipped; the
    header of another table is an UnreadableFile.
    """

    def __init__(
        self,
        name: str,
        lines: Iterator[bytes],
        header_line: int,
        shape: RowShape,
        decoder: LineDecoder,
    ) -> None:
        #: The last line of the row that was yielded last.
        self.last_line = header_line
        self.headers_passed_over = 0
        self._name = name
        self._lines = lines
        self._shape = shape
        self._decoder = decoder
        #: The lines of the row that is being read, and those to be read again after it.
        self._taken: list[str] = []
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        taken, width, id_index = self._taken, self._shape.width, self._shape.id
        given = self.last_line
        while True:
            odd: list[str] | csv.Error | None = None
            rows = csv.reader(self._texts(), strict=True, delimiter=self._shape.delimiter)
            try:
                for cells in rows:
                    if len(taken) == 1 and len(cells) == width and cells[id_index].isdigit():
                        taken.clear()
                        self.last_line = given = self.last_line + 1
                        yield given, cells
                    elif len(taken) == 1 and not taken[0].strip(_NOTHING):
                        taken.clear()
                        self.last_line += 1
                        if self.last_line - given > MOST_BLANK_LINES:
                            raise endlessly_blank(self._name, self.last_line)
                    else:
                        odd = cells
                        break
            except csv.Error as error:
                odd = error
            if odd is None:
                return
            if not self._repaired():
                yield from self._classified(odd)
                given = self.last_line

    def _texts(self) -> Iterator[str]:
        """The lines for csv, recorded as taken; they end before a row becomes too large."""
        taken, again, decoder = self._taken, self._again, self._decoder
        size = 0
        while again:
            text = again.popleft()
            size = size + len(text) if taken else len(text)
            if taken and size > LONGEST_LINE:
                again.appendleft(text)
                return
            taken.append(text)
            yield text
        for line in self._lines:
            try:
                text = line.decode() if len(line) <= LONGEST_LINE else _TOO_LONG
            except UnicodeDecodeError:
                text = decoder.decode(line)
            if taken:
                size += len(text)
                if size > LONGEST_LINE or len(taken) >= MOST_LINES:
                    again.append(text)
                    return
            else:
                size = len(text)
            taken.append(text)
            yield text

    def _repaired(self) -> bool:
        """Repair one of the lines taken; if True, they are read again.

        Repairs are for concatenated files: a header in the middle, also at the end of a last line
        without a line end; a byte order mark; other line ends.
        """
        shape = self._shape
        for at, text in enumerate(self._taken):
            bare = text.rstrip("\r\n")
            if text.startswith(_MARK):
                repaired = [text.lstrip(_MARK)]
            elif len(bare) > len(shape.header) and bare.endswith(shape.header):
                repaired = [bare.removesuffix(shape.header).rstrip(_MARK) + "\n"]
                self.headers_passed_over += 1
            elif other := shape.other_header(bare):
                if other.columns != shape.columns:
                    raise UnreadableFile(
                        f"{self._name} holds a second table, with other columns, after line "
                        f"{self.last_line:,}: split it into two files and import both."
                    )
                self._shape = other
                # A blank line instead, so that later lines have the same numbers.
                repaired = ["\n"]
                self.headers_passed_over += 1
            elif "\r" in bare and len(self._taken) == 1:
                repaired = [f"{line}\n" for line in re.split("\r\n?", bare)]
            else:
                continue
            self._taken[at : at + 1] = repaired
            self._put_back(0)
            return True
        return False

    def _classified(self, odd: list[str] | csv.Error) -> Iterator[tuple[int, Row]]:
        """Decide what the lines taken are: a valid row, or damage that ends where a row begins."""
        taken, shape = self._taken, self._shape
        spanned = len(taken)
        whole = isinstance(odd, list) and len(odd) == shape.width
        if whole:
            end = next((at for at in range(1, spanned) if shape.is_row(taken[at])), spanned)
        elif '"' in taken[0]:
            end = self._end_of_damage()
        else:
            end = 1
        self._put_back(end)
        if end < spanned:
            id_ = shape.id_in(taken[0])
            yield from self._yield_rows([Damage(_NEVER_CLOSED, id_)])
        elif isinstance(odd, csv.Error):
            if str(odd) == _ENDS_IN_QUOTES:
                reason = _NEVER_CLOSED
            elif taken[0] == _TOO_LONG:
                reason = f"The row is longer than {LONGEST_LINE:,} bytes."
            else:
                reason = f"The row is not CSV: {reason_of(odd)}."
            yield from self._yield_rows([Damage(reason, shape.id_in(taken[0]))])
        elif whole:
            yield from self._yield_rows([odd])
        else:
            yield from self._yield_rows(self._of_another_width(odd))

    def _end_of_damage(self) -> int:
        """How many of the lines belong to the damaged row; to know that, more are taken."""
        taken = self._taken
        size, end = 0, 1
        while end < len(taken) or (
            end < _LINES_TOGETHER and size < LONGEST_LINE and next(self._texts(), None) is not None
        ):
            if taken[end] == _TOO_LONG or self._shape.begins_row(taken[end]):
                break
            size += len(taken[end])
            end += 1
        return end

    def _put_back(self, start: int) -> None:
        """Let the lines taken be read again from this one on."""
        self._again.extendleft(reversed(self._taken[start:]))
        del self._taken[start:]

    def _yield_rows(self, rows: list[Row]) -> Iterator[tuple[int, Row]]:
        """Yield rows of the lines taken, which end with the last that is not blank."""
        first, end = self.last_line + 1, len(self._taken)
        while end > 1 and not self._taken[end - 1].strip():
            end -= 1
        blank = len(self._taken) - end
        self._taken.clear()
        self.last_line += end
        for row in rows:
            yield first, row
        self.last_line += blank

    def _of_another_width(self, cells: list[str]) -> list[Row]:
        """Damage for each of the rows on a line: another width puts cells into wrong columns."""
        reason = f"The row has {len(cells)} cells, but the header has {self._shape.width}."
        id_ = cells[self._shape.id][:40] if len(cells) > self._shape.id else None
        rows = self._shape.rows_in(cells)
        return [Damage(reason, id_ or None), *[Damage(reason)] * (rows - 1)]
