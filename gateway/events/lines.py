"""Lines of a text file in any supported compression and encoding, with progress in bytes."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

from gateway.errors import UnreadableFile
from gateway.events.header import LONGEST_HEADER, first_line
from gateway.events.recoding import (
    Recode,
    Recoded,
    encoding_of,
    from_encoding,
    from_old_line_ends,
    has_old_line_ends,
)
from gateway.events.unpacking import DAMAGE, unpacked
from gateway.reasons import reason_of

#: No row and no event is longer, in bytes: one line must not take all the memory.
LONGEST_LINE = 16 * 1024 * 1024
#: More blank lines in a row are an error.
MOST_BLANK_LINES = 1_000_000


class Lines:
    """Iterator over the lines, once; :meth:`look` peeks at the first ones before that.

    A line is bytes in UTF-8, unless the file has others. One that is too long is cut just beyond
    :data:`LONGEST_LINE`. UnreadableFile where the file is damaged.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._seekable = file.seekable()
        self._size = _size(file) if self._seekable else None
        self._looked_at: deque[bytes] = deque()
        self._yielded = 0
        self._yielded_bytes = 0
        #: The encoding of the text if it is UTF-16 or UTF-32; else None.
        self.encoding: str | None = None
        self.has_old_line_ends = False
        try:
            # A pipe is not decompressed: it cannot be sought.
            self._reader = unpacked(file, name) if self._seekable else file
            self._recode()
        except DAMAGE as error:
            raise self._damaged(error) from error

    @property
    def total_bytes(self) -> int | None:
        """The size of the file as it is stored; None for a pipe."""
        return self._size

    @property
    def bytes_read(self) -> int:
        """Bytes read of :attr:`total_bytes`; of a pipe, those of its lines."""
        return self._file.tell() if self._seekable else self._yielded_bytes

    @property
    def text_bytes(self) -> int:
        """Bytes of the lines that iteration has yielded."""
        return self._yielded_bytes

    def look(self) -> Iterator[bytes]:
        """Peek at the lines that begin in the first megabyte; iteration yields them again."""
        looked_at = 0
        for line in [*self._looked_at]:
            looked_at += len(line)
            yield line
        try:
            while looked_at < LONGEST_HEADER and (line := self._read_line()):
                looked_at += len(line)
                self._looked_at.append(line)
                yield line
        except DAMAGE as error:
            raise self._damaged(error) from error

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._looked_at:
                line = self._looked_at.popleft()
                self._yielded += 1
                self._yielded_bytes += len(line)
                yield line
            for line in iter(partial(self._reader.readline, LONGEST_LINE + 1), b""):
                if len(line) > LONGEST_LINE:
                    self._drop_rest(line)
                self._yielded += 1
                self._yielded_bytes += len(line)
                yield line
        except DAMAGE as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _recode(self) -> None:
        head = self._head()
        if encoding := encoding_of(head):
            self.encoding = encoding[:6]
            head = self._read_anew(head, from_encoding(encoding))
        if has_old_line_ends(head):
            self.has_old_line_ends = True
            self._read_anew(head, from_old_line_ends)

    def _head(self) -> bytes:
        """The text up to the first line that is not blank."""
        first_line(self.look())
        return b"".join(self._looked_at)

    def _read_anew(self, head: bytes, recode: Recode) -> bytes:
        """Recode the text from its beginning, which was read as ``head``; the new head."""
        recoded = io.BufferedReader(Recoded(head, self._reader, recode))
        self._reader = cast("BinaryIO", recoded)
        self._looked_at.clear()
        return self._head()

    def _read_line(self) -> bytes:
        line = self._reader.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            self._drop_rest(line)
        return line

    def _drop_rest(self, line: bytes) -> None:
        """Pass over what a line has beyond the limit."""
        while line and not line.endswith(b"\n"):
            line = self._reader.readline(LONGEST_LINE)

    def _damaged(self, error: Exception) -> UnreadableFile:
        return UnreadableFile(
            f"{self._name} is damaged: nothing can be read after line {self._yielded} "
            f"({reason_of(error)})."
        )


def _size(file: BinaryIO) -> int:
    """The size of a seekable file, which is not advanced."""
    start = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(start)
    return size


def endlessly_blank(name: str, line: int) -> UnreadableFile:
    """UnreadableFile for too many blank lines in a row."""
    return UnreadableFile(
        f"{name} is damaged: the {MOST_BLANK_LINES:,} lines up to line {line:,} are blank, so "
        "reading stopped there."
    )
