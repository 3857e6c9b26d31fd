"""Files in a compression, read as what was compressed, a piece at a time."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO, cast

#: What reading a damaged file, or one on a failing disk, may raise.
DAMAGE = (EOFError, OSError, zlib.error)

_GZIP = b"\x1f\x8b"


def unpacked(file: BinaryIO, name: str) -> BinaryIO:
    """The content of a file that can be sought."""
    mark = file.read(len(_GZIP))
    file.seek(-len(mark), io.SEEK_CUR)
    if mark == _GZIP:
        return cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=file)))
    return file
