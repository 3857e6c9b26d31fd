"""The lines of a text file, plain or gzip'd, and how much of the file they took."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, cast

from gateway.errors import UnreadableFile

#: Where a header or the first event must begin.
LOOKED_AT = 1024 * 1024

_GZIP_MARK = b"\x1f\x8b"
#: No header and no event is longer; a binary file may be one line.
_LONGEST_FIRST_LINE = 4 * 1024 * 1024
#: What reading a damaged file, or one on a failing disk, may raise.
_DAMAGE = (EOFError, OSError, zlib.error)


class Lines:
    """Iterates over the lines once; :meth:`look` shows the first ones before that.

    Where the file turns out to be damaged, an UnreadableFile says so.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._seekable = file.seekable()
        self._size = _size(file) if self._seekable else None
        self._reader = self._unpacked()
        self._looked_at: deque[bytes] = deque()
        self._given = 0
        self._given_bytes = 0

    @property
    def total_bytes(self) -> int | None:
        """The size of the file as it is stored; None for a pipe."""
        return self._size

    @property
    def bytes_read(self) -> int:
        """How far reading has come, by the same measure."""
        return self._file.tell() if self._seekable else self._given_bytes

    def look(self) -> Iterator[bytes]:
        """The lines that begin in the first megabyte; iteration gives them again."""
        looked_at = 0
        try:
            while looked_at < LOOKED_AT:
                line = self._reader.readline(_LONGEST_FIRST_LINE)
                if not line:
                    return
                looked_at += len(line)
                self._looked_at.append(line)
                yield line
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def __iter__(self) -> Iterator[bytes]:
        try:
            for line in self._all():
                self._given += 1
                self._given_bytes += len(line)
                yield line
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _all(self) -> Iterator[bytes]:
        while self._looked_at:
            yield self._looked_at.popleft()
        yield from self._reader

    def _unpacked(self) -> BinaryIO:
        """The file's content; a pipe is taken as it comes, since it cannot be looked into."""
        if not self._seekable:
            return self._file
        start = self._file.tell()
        mark = self._file.read(len(_GZIP_MARK))
        self._file.seek(start)
        if mark != _GZIP_MARK:
            return self._file
        return cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=self._file)))

    def _damaged(self, error: Exception) -> UnreadableFile:
        return UnreadableFile(
            f"{self._name} is damaged: nothing can be read after line {self._given} ({error})."
        )


def _size(file: BinaryIO) -> int:
    """The size of a file that can be sought; it stays where it stands."""
    start = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(start)
    return size
