"""DuckDB scan of a CSV table.

DuckDB reads more than the rules allow: it skips spaces beside quotes, blank lines, and a quote that
is never closed. So every byte of the file must be accounted for: as many rows as lines, and no byte
that is neither in a cell nor between cells. Then both readers see the same cells.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from gateway.errors import UnreadableFile
from gateway.events.bounds import Bounds
from gateway.events.duckdb_scan import MOST_OTHERS, DuckDbScan
from gateway.events.event import Batch
from gateway.events.header import LONGEST_HEADER, UTF8_MARK, FirstLine
from gateway.events.plain_rows import select_numbered_rows
from gateway.events.row_shape import RowShape
from gateway.events.source import FILE_BATCH_SIZE
from gateway.events.tables import ClassificationRow

_BLOCK = 1 << 20
_IDS = ("classification_id", "project_id", "workflow_id", "user_id")
_INSTANTS = ("event_time", "classification_updated_at", "started_at", "finished_at")
#: In UTC: other zones are left to the readers.
_IS_INSTANT = r"\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z| UTC|\+00(:?00)?)?"
_ID = "[1-9][0-9]{0,17}"
_LISTED = f"({_ID}(, ?{_ID})*)?"
_IS_LIST = rf"\[{_LISTED}\]|\{{{_LISTED}\}}"


class Body(NamedTuple):
    """Body of a file: the rows below the header, and their bytes."""

    rows: int
    #: Bytes that are neither quotes nor ends of lines.
    text_bytes: int
    line_end: str


def body_of(path: Path, header: FirstLine) -> Body | None:
    """Count the rows and bytes below the header, which is ASCII; None if DuckDB cannot read them.

    That is if the file is compressed, in another encoding, or has lines with different ends.
    """
    with path.open("rb") as file:
        first = file.readline(LONGEST_HEADER)
        same = first.strip().removeprefix(UTF8_MARK).strip() == header.text
        if not (same and first.endswith(b"\n") and header.text.isascii()) or first.count(b'"') % 2:
            return None
        size = lines = quotes = returns = pairs = 0
        last = b"\n"
        while block := file.read(_BLOCK):
            size += len(block)
            lines += block.count(b"\n")
            quotes += block.count(b'"')
            if found := block.count(b"\r"):
                returns += found
                pairs += block.count(b"\r\n")
            pairs += last == b"\r" and block.startswith(b"\n")
            last = block[-1:]
    if not size or (returns and not returns == pairs == lines):
        return None
    rows = lines + (last != b"\n")
    return Body(rows, size - lines - returns - quotes, r"\r\n" if returns else r"\n")


class CsvScan(DuckDbScan):
    """Scan of a CSV file; ``read`` returns the events of a line, None if it needs other lines."""

    first = 2
    batch_rows = FILE_BATCH_SIZE
    in_order = True
    more = ("text_bytes",)

    def __init__(
        self,
        path: Path,
        shape: RowShape,
        body: Body,
        bounds: Bounds,
        read: Callable[[int, bytes], Batch | None],
    ) -> None:
        # DuckDB takes a path for a pattern.
        self.parameters = {"file": glob.escape(str(path)), **bounds._asdict()}
        self.plain = _plain(shape, body)
        self.rows = body.rows
        self._path = path
        self._separators = (shape.width - 1) * body.rows
        self._text_bytes = body.text_bytes
        self._read = read

    def others(
        self, duck: duckdb.DuckDBPyConnection, taken: str, before: int
    ) -> Sequence[tuple[int, Batch]] | None:
        ((rows, known, size, plain),) = duck.execute(
            f"SELECT count(*), count(text_bytes), sum(text_bytes), count(id) FROM {taken}"  # noqa: S608
        ).fetchall()
        if not rows == known == self.rows or size + self._separators != self._text_bytes:
            return None
        if rows - plain > MOST_OTHERS:
            return None
        if rows == plain:
            return ()
        found = duck.execute(
            f"SELECT position FROM {taken} WHERE id IS NULL"  # noqa: S608
        ).fetchall()
        return self._read_lines({position - before for (position,) in found})

    def _read_lines(self, numbers: set[int]) -> list[tuple[int, Batch]] | None:
        read = []
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number in numbers:
                    try:
                        batch = self._read(number, line)
                    except UnreadableFile:
                        return None
                    if batch is None:
                        return None
                    read.append((number, batch))
        return read


def _plain(shape: RowShape, body: Body) -> str:
    width = range(shape.width)
    kinds = ", ".join(f"'c{index}': 'VARCHAR'" for index in width)
    file = (
        f"read_csv($file, columns = {{{kinds}}}, header = false, skip = 1, auto_detect = false,"
        f" delim = '{shape.delimiter}', new_line = '{body.line_end}',"
        """ quote = '"', escape = '"', nullstr = '',"""
        " null_padding = false, parallel = false, compression = 'none')"
    )
    # Of two columns of a name the first counts.
    cell_of = {name: f"c{index}" for index, name in reversed([*enumerate(shape.columns)])}
    cells = {name: cell_of.get(name, "NULL::VARCHAR") for name in ClassificationRow._fields}
    values = {
        **cells,
        **{name: f"TRY_CAST({cells[name]} AS BIGINT)" for name in _IDS},
        **{name: f"TRY_CAST({cells[name]} AS TIMESTAMP)" for name in _INSTANTS},
        "user_group_ids": _groups(cells["user_group_ids"]),
    }
    regular = [f"(raw_{name} IS NULL OR {name}::VARCHAR = raw_{name})" for name in _IDS]
    # Most are written as DuckDB writes them.
    regular += [
        f"(raw_{name} IS NULL OR {name}::VARCHAR = raw_{name}"
        f" OR ({name} IS NOT NULL AND regexp_full_match(raw_{name}, '{_IS_INSTANT}')))"
        for name in _INSTANTS
    ]
    regular.append(
        "(raw_user_group_ids IS NULL OR (user_group_ids IS NOT NULL"
        f" AND regexp_full_match(raw_user_group_ids, '{_IS_LIST}')))"
    )
    typed_cells = ", ".join(f"{value} AS {name}" for name, value in values.items())
    raw = ", ".join(f"{cell} AS raw_{name}" for name, cell in cells.items())
    sizes = " + ".join(f"coalesce(strlen(c{index}), 0)" for index in width)
    quoted = " OR ".join(f"coalesce(contains(c{index}, '\"'), false)" for index in width)
    instants = ", ".join(f"epoch_us({name}) AS {name}" for name in _INSTANTS)
    is_regular = f"CASE WHEN {' AND '.join(regular)} THEN true ELSE false END"
    typed = (
        f"SELECT * REPLACE ({instants}), {is_regular} AS regular"  # noqa: S608 (names of ours)
        f" FROM (SELECT {typed_cells}, {raw}, row_number() OVER () AS file_row_number,"
        f" CASE WHEN NOT ({quoted}) THEN {sizes} END AS text_bytes FROM {file})"
    )
    return select_numbered_rows(typed, "regular", *CsvScan.more)


def _groups(cell: str) -> str:
    return f"TRY_CAST(replace(replace({cell}, '{{', '['), '}}', ']') AS BIGINT[])"
