"""CSV cells (RFC 4180), safe from formula injection; UTF-8 without a BOM, lines end with CR LF.

Spreadsheets take a text for a formula by its first letter, and a formula can send the cells beside
it elsewhere. Strangers choose their names: an apostrophe in front makes the cell a text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

Cell = str | int | float | None

#: In full width too, as Excel takes them in East Asian languages. Where a comma is the decimal
#: sign, spreadsheets cut lines at semicolons, also inside quotation marks: the letter after one
#: may begin a cell, too.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \u00a0]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def escape_formula(text: str) -> str:
    """Escape a text: an apostrophe goes where a spreadsheet would begin a formula."""
    return _FORMULA.sub(r"\1'", text)


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV lines of the rows; formulas in texts are escaped, None is an empty cell."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue().encode()
