"""Header of a CSV table: its line, its delimiter and its columns.

Detection and reading of a file both use this, so that they cannot differ.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import NamedTuple

UTF8_MARK = b"\xef\xbb\xbf"

#: In bytes, from the beginning of the file.
LONGEST_HEADER = 1024 * 1024
#: The comma; Excel's where the comma is the decimal sign; that of Excel's "Unicode text".
DELIMITERS = ",;\t"
#: A line of these alone is blank; spreadsheets save an empty row as a row of delimiters.
_BLANK = b' \t\r\n\v\f",;' + UTF8_MARK + "\xa0\u200b\u2028\u2029".encode()
#: Excel's own first line, which names the delimiter.
_EXCEL_HINT = b"sep="


class FirstLine(NamedTuple):
    """First line that is not blank; ``number`` counts from 1."""

    number: int
    text: bytes


class Header(NamedTuple):
    """Header: its columns, in lower case, and the delimiter."""

    delimiter: str
    columns: list[str]


def first_line(lines: Iterable[bytes]) -> FirstLine | None:
    """First line that is not blank, without a byte order mark; None if all are blank."""
    for number, line in enumerate(lines, 1):
        if text := line.strip(_BLANK):
            if text.startswith(_EXCEL_HINT) and len(text) <= len(_EXCEL_HINT) + 1:
                continue
            return FirstLine(number, line.strip().removeprefix(UTF8_MARK).strip())
    return None


def read_header(line: bytes) -> Header:
    """Parse a header, also one that is not UTF-8; no columns if it is too long."""
    if len(line) > LONGEST_HEADER:
        return Header(DELIMITERS[0], [])
    text = line.decode(errors="replace")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        cells = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    return Header(delimiter, [cell.strip().lower() for cell in cells])
