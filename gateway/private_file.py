"""Files that the gateway makes are for their owner alone."""

from __future__ import annotations

import os


def owner_only(path: str, flags: int) -> int:
    """Open a file; one that is newly made has the mode 0600, one that is there keeps its own.

    An ``opener`` for :func:`open`: the file is born with its mode, and nobody reads it before.
    """
    return os.open(path, flags, 0o600)
