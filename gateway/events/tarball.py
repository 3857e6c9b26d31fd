"""Tar file: its first file, read as a stream."""

from __future__ import annotations

import tarfile
from io import BufferedReader
from typing import BinaryIO, cast

from gateway.errors import UnreadableFile
from gateway.events.unpacking import DAMAGE
from gateway.reasons import reason_of

_MAGIC, _MAGIC_AT = b"ustar", 257
#: Limit of the metadata of a file in a tar, which is read as a whole.
_LARGEST_DESCRIPTION = 1024 * 1024
#: Errors of reading a damaged tar, compressed or not.
_BAD_TAR = (*DAMAGE, tarfile.TarError, ValueError, OverflowError)


def is_tar(head: bytes) -> bool:
    """Whether a content that begins so is a tar."""
    return head[_MAGIC_AT:].startswith(_MAGIC)


class Tarball:
    """Tar archive with one file, its first; UnreadableFile if there is none."""

    def __init__(self, content: BinaryIO, name: str) -> None:
        self._name = name
        self._limited = _Limited(content)
        try:
            self._archive = tarfile.open(  # noqa: SIM115 - closed with the content
                fileobj=cast("BinaryIO", self._limited), mode="r|"
            )
            member = self._next_file()
            found = member and self._archive.extractfile(member)
        except _BAD_TAR as error:
            raise self._damaged(error) from error
        if member is None or found is None:
            raise UnreadableFile(f"{name} is a tar without a file in it.")
        self._limited.left = None
        #: The name of the file, and its content.
        self.file_name = member.name
        self.content = cast("BinaryIO", found)

    def head(self) -> bytes:
        """Peek at the beginning of the file, before anything is read."""
        try:
            return cast("BufferedReader", self.content).peek()
        except _BAD_TAR as error:
            raise self._damaged(error) from error

    def has_more(self) -> bool:
        """Whether another file follows the first, which was read."""
        self._limited.left = _LARGEST_DESCRIPTION
        try:
            return self._next_file() is not None
        except _BAD_TAR as error:
            raise self._damaged(error) from error

    def _next_file(self) -> tarfile.TarInfo | None:
        while (member := self._archive.next()) is not None:
            is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.sparse
            # macOS puts a file of its own beside each.
            if is_plain and not member.name.rpartition("/")[2].startswith("._"):
                return member
        return None

    def _damaged(self, error: Exception) -> UnreadableFile:
        return UnreadableFile(f"{self._name} is a damaged tar file: {reason_of(error)}.")


class _Limited:
    """A file that gives so many bytes, until the limit is taken away."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left: int | None = _LARGEST_DESCRIPTION

    def read(self, size: int) -> bytes:
        """Some bytes; an OSError beyond the limit."""
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise OSError("it contains something large besides the file that is read")
        return self._file.read(size)
