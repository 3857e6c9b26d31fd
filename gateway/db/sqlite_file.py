"""SQLite file: identify it, create it, connect to it, and tell its faults apart."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from gateway.db.faults import Fault
from gateway.private_file import owner_only

#: With less space than this an error of reading or writing is a full disk's.
_NEARLY_FULL_BYTES = 1_048_576

#: Device and inode: a file that was replaced has others.
FileIdentity = tuple[int, int]


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it has open."""

    identity: FileIdentity


def identity_of(path: str) -> FileIdentity:
    """Which file the path leads to; FileNotFoundError if none."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def connect(path: str, timeout: float) -> FileConnection:
    """A connection to a file that is there: one is never made here."""
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        factory=FileConnection,
    )


def refine_fault(path: str, fault: Fault) -> Fault:
    """Refine a fault: SQLite reports a full or read-only disk as a file that cannot be read."""
    folder = Path(path).absolute().parent
    try:
        disk = os.statvfs(folder)
    except OSError:
        return fault
    if fault is Fault.MISSING and Path(path).is_file():
        read_only = disk.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK)
        return Fault.READ_ONLY if read_only else Fault.REFUSED
    if fault is Fault.AWAY and disk.f_bavail * disk.f_frsize < _NEARLY_FULL_BYTES:
        return Fault.FULL
    return fault


def make_file(path: str) -> None:
    """Make the file if it is not there; SQLite gives its journal the same mode."""
    if not Path(path).exists():
        os.close(owner_only(path, os.O_RDWR | os.O_CREAT))


def prepare_connection(connection: sqlite3.Connection, cache_kib: int) -> None:
    """Set what holds for each connection; ``cache_kib`` is its memory for pages."""
    connection.execute("PRAGMA journal_mode = WAL")
    # A stream's batch is acknowledged once it is committed: it must outlive a power cut too.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = {-cache_kib}")
