"""Open files to import, in the format of their content, whatever their name is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from gateway.errors import UnreadableFile
from gateway.events.csv_table import CsvTable
from gateway.events.event_lines import EventLines
from gateway.events.exports import Origin
from gateway.events.forms import Form, form_of_text
from gateway.events.lines import Lines
from gateway.events.parquet import PARQUET_MARK, ParquetTable
from gateway.events.source import Source
from gateway.events.talk_opening import open_talk, talk_head
from gateway.reasons import reason_of

#: Standard input on the command line.
STANDARD_INPUT = "-"

_BUFFER = 1024 * 1024


def open_source(path: str, origin: Origin, stdin: BinaryIO | None = None) -> Source:
    """Open a file and detect its format; UnreadableFile if it cannot be imported.

    ``-`` is ``stdin``, by default the process's own; a pipe must be text. ``origin`` is the
    project of an export, which does not name it. A file is opened again when it is read, so many
    can be checked before the first is read.
    """
    if path == STANDARD_INPUT:
        return _open_pipe(stdin or sys.stdin.buffer, "standard input", origin)
    file = _open(path)
    if not file.seekable():
        return _open_pipe(file, path, origin)
    with file:
        is_parquet = file.read(len(PARQUET_MARK)) == PARQUET_MARK
        file.seek(0)
        if is_parquet:
            return ParquetTable(Path(path), path)
        if head := talk_head(file, path):
            return open_talk(file, head, path, partial(_open, path), origin)
        lines, start = Lines(file, path), partial(_open_lines, path)
        return _recognise(lines, path, start, origin, Path(path))


def _open_pipe(file: BinaryIO, name: str, origin: Origin) -> Source:
    """Open a pipe, which can be read only once: lines read for detection are buffered."""
    if head := talk_head(file, name):
        return open_talk(file, head, name, None, origin)
    lines = Lines(file, name)
    return _recognise(lines, name, lambda: lines, origin)


def _recognise(
    lines: Lines,
    name: str,
    start: Callable[[], Lines],
    origin: Origin,
    path: Path | None = None,
) -> Source:
    form = form_of_text(lines.look(), name)
    if form is Form.STREAM:
        return EventLines(form, name, start, lines.total_bytes)
    return CsvTable(form, name, start, lines.total_bytes, origin, path)


def _open_lines(path: str) -> Lines:
    return Lines(_open(path), path)


def _open(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb", buffering=_BUFFER)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {reason_of(error)}.") from error
