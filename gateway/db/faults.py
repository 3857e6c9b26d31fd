"""Database faults: what can be wrong with a database itself, and not with a statement.

Each fault has a stable code, and one sentence for operators that says which database, what is
wrong with it and what to do. Whoever asks over HTTP is told that the service is unavailable.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import ssl
from collections.abc import Callable
from enum import Enum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.db.pooling import SharedSessions
from gateway.errors import Unavailable
from gateway.reasons import reason_of

logger = logging.getLogger(__name__)


class Fault(Enum):
    """A fault: what is wrong with the database, and how operators can remedy it."""

    BUSY = ("is busy", "try again in a moment")
    AWAY = ("does not answer", "check that it runs and that the URL is right")
    MISSING = ("is not there", "check the URL, and create the database or put it back")
    REFUSED = ("refuses this user", "check the password and what the user may do")
    UNTRUSTED = ("has no TLS that can be trusted", "check sslrootcert and the host of the URL")
    POOLED = (
        "is behind a pooler that gives each transaction another session",
        "let the pooler work by sessions (pool_mode = session), or name the server itself",
    )
    READ_ONLY = ("cannot be written", "check its permissions, or name the primary of a standby")
    FULL = ("has no space left", "free some, then try again")
    DAMAGED = ("is damaged", "put a backup in its place")
    FOREIGN = ("is not a database", "check its path")

    def __init__(self, wrong: str, remedy: str) -> None:
        self.wrong = wrong
        self.remedy = remedy

    @property
    def code(self) -> str:
        """The stable error code."""
        return f"DATABASE_{self.name}"


#: Faults that another server may not have, whatever the statement.
SERVER_FAULTS = frozenset(
    {Fault.AWAY, Fault.REFUSED, Fault.MISSING, Fault.UNTRUSTED, Fault.POOLED, Fault.DAMAGED}
)

READING = "Reading the database"
WRITING = "Writing to the database"


class DatabaseFault(Unavailable):
    """The database ``redacted`` has a fault; ``for_operators`` says more than ``message``."""

    def __init__(self, redacted: str, fault: Fault, cause: BaseException) -> None:
        super().__init__("The database is busy or away: try again in a moment.")
        self.fault = fault
        self.for_operators = (
            f"The database {redacted} {fault.wrong}{_reason(fault, cause)}: {fault.remedy}"
            f" ({fault.code})."
        )


class Faults:
    """The faults of one database; a server logs each once when it begins, and once when it ends.

    Reading and writing are reported apart: a full disk can still be read.
    """

    def __init__(self, redacted: str, refine: Callable[[Fault], Fault] | None = None) -> None:
        #: What errors call the database.
        self.redacted = redacted
        self._refine = refine
        #: Whether faults are logged; commands end with their sentence instead.
        self.logged = False
        self._current: dict[str, Fault] = {}

    def record(self, doing: str, error: BaseException) -> DatabaseFault | None:
        """Record an error while ``doing``; its fault, to be raised, or None if it reports none."""
        fault = fault_of(error)
        if fault is None:
            return None
        if self._refine is not None and not isinstance(error, DatabaseFault):
            fault = self._refine(fault)
        raised = DatabaseFault(self.redacted, fault, error)
        if self._current.get(doing) is not fault:
            self._current[doing] = fault
            if self.logged:
                logger.warning("%s failed: %s", doing, raised.for_operators)
        return raised

    def is_failing(self, doing: str) -> bool:
        """Whether the last ``doing`` had a fault."""
        return doing in self._current

    def clear(self, doing: str) -> None:
        """Record that ``doing`` works."""
        if self._current and (fault := self._current.pop(doing, None)) is not None and self.logged:
            logger.warning("%s works again after %s.", doing, fault.code)


#: PostgreSQL's states, then its classes of states: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES = {
    "25006": Fault.READ_ONLY,
    # A prepared statement is not there, or there already: the session is not the one before.
    "26000": Fault.POOLED,
    "42501": Fault.REFUSED,
    "42P05": Fault.POOLED,
    "53100": Fault.FULL,
    # A database that takes no connections, and functions of a server that is not as they need it.
    "55000": Fault.AWAY,
    "55P03": Fault.BUSY,
    "57014": Fault.BUSY,
    "57P01": Fault.AWAY,
    "57P02": Fault.AWAY,
    "57P03": Fault.AWAY,
    "57P04": Fault.MISSING,
    "57P05": Fault.AWAY,
    "58030": Fault.DAMAGED,
    "XX001": Fault.DAMAGED,
    "XX002": Fault.DAMAGED,
}
_CLASSES = {
    "08": Fault.AWAY,
    "28": Fault.REFUSED,
    "3D": Fault.MISSING,
    "40": Fault.BUSY,
    "53": Fault.BUSY,
}
#: Primary result codes of SQLite: https://www.sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_CANTOPEN: Fault.MISSING,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_PERM: Fault.REFUSED,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_IOERR: Fault.AWAY,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.FOREIGN,
}
#: The rest of a code says more of the same.
_PRIMARY = 0xFF
_OS = {
    errno.ENOENT: Fault.MISSING,
    errno.ENOTDIR: Fault.MISSING,
    errno.EISDIR: Fault.MISSING,
    errno.EACCES: Fault.REFUSED,
    errno.EPERM: Fault.REFUSED,
    errno.EROFS: Fault.READ_ONLY,
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
}
#: Of these the driver's words are about the connection, and quote no statement.
_WITH_REASON = frozenset({Fault.AWAY, Fault.MISSING, Fault.REFUSED, Fault.UNTRUSTED})


def fault_of(error: BaseException) -> Fault | None:
    """The fault that an error reports; None if the error is about a statement, or no database's."""
    if isinstance(error, DatabaseFault):
        return error.fault
    if isinstance(error, PoolTimeout):
        return Fault.BUSY
    if isinstance(error, SharedSessions):
        return Fault.POOLED
    if isinstance(error, ssl.SSLError):
        return Fault.UNTRUSTED
    if isinstance(error, OSError):
        if error.errno == errno.ENOENT and error.filename is None:
            return Fault.AWAY  # no file, but a socket that nobody listens at (yet)
        return _OS.get(error.errno or 0, Fault.AWAY)
    cause: BaseException | None = error
    if isinstance(error, DBAPIError):
        cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & _PRIMARY)
    # Connecting raises the driver's own errors, which name the state in the same way.
    state = getattr(cause, "sqlstate", None) or ""
    fault = _STATES.get(state) or _CLASSES.get(state[:2])
    if fault is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        return Fault.AWAY
    return fault


def _reason(fault: Fault, cause: BaseException) -> str:
    """What the driver says of a connection."""
    if fault not in _WITH_REASON:
        return ""
    return f" ({reason_of(cause)})"
