"""Private files: only their owner can read what the gateway writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO


def owner_only(path: str, flags: int) -> int:
    """Open a file; one that is newly made has the mode 0600, one that is there keeps its own.

    An ``opener`` for :func:`open`: the file is born with its mode, and nobody reads it before.
    """
    return os.open(path, flags, 0o600)


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone that appears under its path when all of it is written, or never.

    What was there is replaced. OSError if it cannot be written.
    """
    part = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        with open(part, "xb", opener=owner_only) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
