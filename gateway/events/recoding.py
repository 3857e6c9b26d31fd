"""Transcoding: texts in UTF-16, UTF-32 or with old line ends are read as UTF-8 with ``\\n``."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import Any, BinaryIO

#: Byte order marks, the longer ones first: one of UTF-32 begins with one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
#: In bytes; enough to detect UTF-16 without a mark: headers and events begin in ASCII.
_LOOKED_AT = 64
_PIECE = 64 * 1024

#: Transcodes a piece of a text to UTF-8; the last call is with an empty piece.
Recode = Callable[[bytes], bytes]


def encoding_of(head: bytes) -> str | None:
    """Encoding of a text by its ``head``, if it is UTF-16 or UTF-32; else None."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    low, high = head[:_LOOKED_AT:2], head[1:_LOOKED_AT:2]
    if high and not high.strip(b"\0") and 0 not in low:
        return "UTF-16-LE"
    if low and high and not low.strip(b"\0") and 0 not in high:
        return "UTF-16-BE"
    return None


def from_encoding(encoding: str) -> Recode:
    """Transcoder to UTF-8; invalid bytes become a replacement character."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return lambda piece: decoder.decode(piece, final=not piece).encode()


def has_old_line_ends(head: bytes) -> bool:
    r"""Whether lines end with ``\r`` alone, as they did on the Mac before OS X."""
    return b"\r" in head.strip().partition(b"\n")[0].rstrip(b"\r")


def from_old_line_ends(piece: bytes) -> bytes:
    r"""Transcoder of line ends from ``\r`` to ``\n``."""
    return piece.replace(b"\r", b"\n")


class Recoded(io.RawIOBase):
    """Transcoded file, from its beginning; ``head`` was read from ``file`` already."""

    def __init__(self, head: bytes, file: BinaryIO, recode: Recode) -> None:
        self._rest = recode(head)
        self._file = file
        self._recode = recode
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest and not self._ended:
            piece = self._file.read(_PIECE)
            self._ended = not piece
            self._rest = self._recode(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
