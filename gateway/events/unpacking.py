"""Decompression of gzip, bzip2, xz and zip files, as a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from typing import Any, BinaryIO, cast

from gateway.errors import UnreadableFile
from gateway.reasons import reason_of

#: Errors of reading a damaged file, or one on a failing disk.
DAMAGE = (EOFError, OSError, lzma.LZMAError, zlib.error, zipfile.BadZipFile)
#: Errors of opening a damaged zip.
_BAD_ZIP = (
    *(*DAMAGE, NotImplementedError, OverflowError, RuntimeError, ValueError, LookupError),
    struct.error,
)

_GZIP = b"\x1f\x8b"
_BZIP2 = b"BZh"
_XZ = b"\xfd7zXZ\x00"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
#: Magic numbers of compressed files, and the names of their formats.
MARKS = {_GZIP: "gzip", _BZIP2: "bzip2", _XZ: "xz", _ZIP: "zip", _EMPTY_ZIP: "zip"}

#: An xz file may need up to 4 GB to be unpacked; that of the strongest preset needs 65 MB.
_XZ_MEMORY = 128 * 1024 * 1024
#: The list of what is in a zip is read as a whole.
_ZIP_LIST = 1024 * 1024
#: Others, such as LZMA, let the file set how much memory they take.
_ZIP_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_ENCRYPTED = 1
#: A file in .xlsx and its like.
_OFFICE = "[Content_Types].xml"
_BUFFER = 256 * 1024


def unpacked(file: BinaryIO, name: str) -> BinaryIO:
    """Decompress a seekable file; UnreadableFile for a zip that is not of one file."""
    mark = file.read(len(_XZ))
    file.seek(-len(mark), io.SEEK_CUR)
    if mark.startswith(_GZIP):
        return _buffered(_AsItComes(gzip.GzipFile(fileobj=file)))
    if mark.startswith(_BZIP2):
        return _buffered(_AsItComes(bz2.BZ2File(file)))
    if mark.startswith(_XZ):
        return _buffered(_Xz(file))
    if mark.startswith((_ZIP, _EMPTY_ZIP)):
        return _buffered(_AsItComes(_in_zip(file, name)))
    return file


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))


class _AsItComes(io.RawIOBase):
    """Returns what is unpacked before it reads more, so that damage loses nothing before it."""

    def __init__(self, file: gzip.GzipFile | bz2.BZ2File | zipfile.ZipExtFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Xz(io.RawIOBase):
    """Like ``lzma.LZMAFile``, but with a limit of memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = self._new_stream()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data, size = b"", len(buffer)
        while not data:
            packed = b""
            if self._stream.eof:
                packed = self._stream.unused_data
                # Zeros may pad a stream, as the format's description has it.
                while not (packed := packed.lstrip(b"\0")):
                    if not (packed := self._file.read(_BUFFER)):
                        return 0
                self._stream = self._new_stream()
            elif self._stream.needs_input and not (packed := self._file.read(_BUFFER)):
                raise EOFError("the compressed data ends too early")
            data = self._stream.decompress(packed, size)
        buffer[: len(data)] = data
        return len(data)

    def _new_stream(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)


class _InPieces:
    """A file that gives no more than a megabyte at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Some bytes, all by default; an OSError where they would be too many."""
        data = self._file.read(min(size, _ZIP_LIST + 1) if size >= 0 else _ZIP_LIST + 1)
        if len(data) > _ZIP_LIST:
            raise OSError("it lists too many files")
        return data


def _is_hidden(path: str) -> bool:
    return path.startswith("__MACOSX/") or path.rpartition("/")[2].startswith(".")


def _in_zip(file: BinaryIO, name: str) -> zipfile.ZipExtFile:
    """The one file in a zip; what macOS adds beside it, hidden, does not count."""
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", _InPieces(file)))
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not _is_hidden(member.filename)
        ]
        if any(member.filename == _OFFICE for member in members):
            raise UnreadableFile(
                f"{name} is a workbook or a document of an office program: save the table as CSV, "
                "and import that."
            )
        if len(members) != 1:
            raise UnreadableFile(
                f"{name} is a zip of {len(members):,} files: it must be of one; unpack it and "
                "import its files."
            )
        if members[0].flag_bits & _ENCRYPTED:
            raise UnreadableFile(f"{name} is a zip with a password: unpack it first.")
        if members[0].compress_type not in _ZIP_METHODS:
            raise UnreadableFile(
                f"{name} is a zip in a compression that is not read here: unpack it first."
            )
        return cast("zipfile.ZipExtFile", archive.open(members[0]))
    except _BAD_ZIP as error:
        raise UnreadableFile(f"{name} is a damaged zip file: {reason_of(error)}.") from error
