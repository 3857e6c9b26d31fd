"""Cells of CSV files (RFC 4180): UTF-8 without a byte order mark, lines end with CR LF.

Spreadsheets take a text for a formula by its first letter, and a formula can send elsewhere what
stands beside it. Names are written by strangers: an apostrophe in front keeps them texts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

Cell = str | int | float | None

#: In full width too, as Excel takes them in East Asian languages. Where a comma is the decimal
#: sign, spreadsheets cut lines at semicolons, whatever is in quotation marks: a letter behind one
#: may be a first one, too.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \u00a0]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def defused(text: str) -> str:
    """The text with an apostrophe where a spreadsheet would begin a formula."""
    return _FORMULA.sub(r"\1'", text)


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows as lines; texts are defused, None is an empty cell."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue().encode()
