"""The header of a table: where it stands, what parts its cells, and which columns it names.

Recognising a file and reading it find the header here, so that they cannot differ about it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import NamedTuple

UTF8_MARK = b"\xef\xbb\xbf"

#: In bytes; it is looked for where a file begins.
LONGEST_HEADER = 1024 * 1024
#: What parts cells: the comma; Excel's where the comma is decimal; that of its "Unicode text".
DELIMITERS = ",;\t"
#: A line of these alone says nothing; spreadsheets save an empty row as a row of delimiters.
_BLANK = b' \t\r\n\v\f",;' + UTF8_MARK + "\xa0\u200b\u2028\u2029".encode()
#: Excel's own first line, which says what parts the cells.
_EXCEL_HINT = b"sep="


class FirstLine(NamedTuple):
    """The first line that says something; ``number`` counts from 1."""

    number: int
    text: bytes


class Header(NamedTuple):
    """A header's columns, in lower case, and what stands between them."""

    delimiter: str
    columns: list[str]


def first_line(lines: Iterable[bytes]) -> FirstLine | None:
    """The first of the lines that is not blank, without a byte order mark; None if all are."""
    for number, line in enumerate(lines, 1):
        if text := line.strip(_BLANK):
            if text.startswith(_EXCEL_HINT) and len(text) <= len(_EXCEL_HINT) + 1:
                continue
            return FirstLine(number, line.strip().removeprefix(UTF8_MARK).strip())
    return None


def read_header(line: bytes) -> Header:
    """What a header says, also where letters in it are no UTF-8; nothing if it is endless."""
    if len(line) > LONGEST_HEADER:
        return Header(DELIMITERS[0], [])
    text = line.decode(errors="replace")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        cells = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    return Header(delimiter, [cell.strip().lower() for cell in cells])
