"""Which errors say that the database is busy or away, and not that a statement is wrong."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: Of PostgreSQL's classes of states: connection trouble, refused log-ins, no such database (yet),
#: rolled back for another's sake, out of memory, disk or connections.
_CLASSES = frozenset({"08", "28", "3D", "40", "53"})
#: Read-only during a failover; a lock not had in time; cancelled by a time-out; shutting down,
#: crashed, starting up, dropped, idle for too long.
_STATES = frozenset({"25006", "55P03", "57014", "57P01", "57P02", "57P03", "57P04", "57P05"})

_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
    }
)
#: The rest of a code says more of the same.
_PRIMARY = 0xFF


def is_outage(error: BaseException) -> bool:
    """Whether the same work may succeed later, when the database is back or less busy."""
    if isinstance(error, OSError | PoolTimeout):
        return True
    cause: BaseException | None = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & _PRIMARY in _SQLITE_CODES
    # Connecting raises the driver's own errors, which name the state in the same way.
    state = getattr(cause, "sqlstate", None) or ""
    return state in _STATES or state[:2] in _CLASSES
