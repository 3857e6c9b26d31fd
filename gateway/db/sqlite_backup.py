"""SQLite backup: copy the file while others write to it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkstemp

from gateway.db.sqlite_file import connect, identity_of

#: Of each step; between two steps a signal is heeded.
_PAGES = 1000
_LOCK_SECONDS = 30.0

#: Is told of the pages that are copied, and of all.
Copied = Callable[[int, int], None]


def back_up(path: str, target: Path, copied: Copied) -> int:
    """Copy one committed state of the database to a new file; its size in bytes.

    FileExistsError if there is something already: nothing is ever overwritten. Readers and writers
    go on meanwhile; the write-ahead log grows until the end. Stopped, it leaves nothing.
    """
    identity_of(path)
    for taken in (target, Path(f"{target}-wal"), Path(f"{target}-journal")):
        if taken.exists() or taken.is_symlink():
            raise FileExistsError(str(taken))
    # Only a whole copy gets the name. Nobody else may read it, as the database itself.
    handle, name = mkstemp(prefix=f".{target.name}-", suffix=".partial", dir=target.parent)
    partial = Path(name)
    try:
        os.close(handle)
        _copy(path, partial, copied)
        _put(partial, target)
        return target.stat().st_size
    finally:
        for rest in (partial, Path(f"{name}-journal"), Path(f"{name}-wal"), Path(f"{name}-shm")):
            rest.unlink(missing_ok=True)


def _copy(path: str, partial: Path, copied: Copied) -> None:
    with (
        closing(connect(path, _LOCK_SECONDS)) as source,
        closing(sqlite3.connect(partial, isolation_level=None)) as copy,
    ):
        # A snapshot of our own: without it each commit of a writer begins the copy again.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(copy, pages=_PAGES, progress=lambda _, left, all_: copied(all_ - left, all_))
        # One file, not a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    with partial.open("rb") as file:
        os.fsync(file.fileno())


def _put(partial: Path, target: Path) -> None:
    """Give the copy its name, unless something has it by now."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        if target.exists():
            raise FileExistsError(str(target)) from None
        partial.rename(target)
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
