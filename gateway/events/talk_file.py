"""File of a Talk export: one JSON array, alone or in a tar, compressed or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from gateway.errors import UnreadableFile
from gateway.events.header import UTF8_MARK
from gateway.events.json_array import array_elements
from gateway.events.json_text import decode
from gateway.events.tarball import Tarball, is_tar
from gateway.events.unpacking import DAMAGE
from gateway.reasons import reason_of

#: No row is longer, in bytes: one must not take all the memory.
LONGEST_ROW = 1024 * 1024
_ROWS_LOOKED_AT = 10


def begins_array(head: bytes) -> bool:
    """Whether a text that begins so may be a JSON array."""
    return head.removeprefix(UTF8_MARK).lstrip()[:1] == b"["


class TalkFile:
    """Iterator over the texts of rows, once; :meth:`first_row` peeks at one before that.

    ``file`` is closed at the end; ``content`` is its unpacked content. UnreadableFile where the
    file is damaged.
    """

    def __init__(self, file: BinaryIO, content: BinaryIO, head: bytes, name: str) -> None:
        self._file = file
        self._name = name
        self._tar = Tarball(content, name) if is_tar(head) else None
        #: Whether it may be an array at all: a tar may hold anything.
        self.is_array = begins_array(self._tar.head() if self._tar else head)
        array = self._tar.content if self._tar else content
        self._rows = self._undamaged(array_elements(array, name, LONGEST_ROW))
        self._looked_at: deque[bytes | None] = deque()
        self._yielded_bytes = 0

    @property
    def inner_name(self) -> str:
        """Name of the file in the tar; empty without a tar."""
        return self._tar.file_name if self._tar else ""

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file as it is stored; of a pipe, those of its rows."""
        return self._file.tell() if self._file.seekable() else self._yielded_bytes

    def first_row(self) -> dict[str, object] | None:
        """The first row that can be read; None if there is none among the first."""
        for text in self._rows:
            self._looked_at.append(text)
            try:
                row = decode(text or b"")
            except ValueError:
                row = None
            if isinstance(row, dict):
                return row
            if len(self._looked_at) == _ROWS_LOOKED_AT:
                return None
        return None

    @property
    def is_empty(self) -> bool:
        """Whether :meth:`first_row` has found nothing at all."""
        return not self._looked_at

    def __iter__(self) -> Iterator[bytes | None]:
        while self._looked_at:
            yield self._looked_at.popleft()
        for text in self._rows:
            self._yielded_bytes += len(text or b"")
            yield text

    def has_more(self) -> bool:
        """Whether the tar has another file than the one that was read."""
        return self._tar is not None and self._tar.has_more()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _undamaged(self, rows: Iterator[bytes | None]) -> Iterator[bytes | None]:
        try:
            yield from rows
        except DAMAGE as error:
            raise UnreadableFile(f"{self._name} is damaged: {reason_of(error)}.") from error
