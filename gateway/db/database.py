"""The one interface to a database.

Reading: ``async with database.read() as snapshot`` is one answer's view: every statement in it
sees the same committed state. Writing: ``await database.write(work)`` runs synchronous ``work``
in one transaction under the writer lock, again from the start if the database asks for it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import Connection, Dialect, Executable, Row, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import Pool as ConnectionPool
from sqlalchemy.pool import QueuePool
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from gateway.db.outages import is_outage
from gateway.errors import SettingsError, Unavailable

T = TypeVar("T")
Parameters = Mapping[str, Any]

#: serialization_failure and deadlock_detected, as PostgreSQL names them.
_TRANSIENT_STATES = frozenset({"40001", "40P01"})


#: Entered around a statement; the dialect is what its text is written in.
AroundStatement = Callable[[Executable, Dialect], AbstractContextManager[None]]


class Pool(NamedTuple):
    """Connections that answers are read with: those in use, and the most there can be."""

    in_use: int
    size: int


def pool_of(connections: ConnectionPool) -> Pool:
    """What a pool of SQLAlchemy's says of itself."""
    assert isinstance(connections, QueuePool)  # noqa: S101 - both databases are opened with one
    return Pool(connections.checkedout(), connections.size())


class Snapshot(ABC):
    """One committed state of the database, taken at the first statement and held until closed.

    It has one connection, so statements wait for each other: gathering them is safe.
    """

    def __init__(self, dialect: Dialect) -> None:
        #: How many statements have run; tests and metrics read it.
        self.statements = 0
        #: What a trace makes of each statement; None without traces.
        self.around: AroundStatement | None = None
        self._dialect = dialect
        self._turn = asyncio.Lock()

    async def fetch(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run one statement and return all its rows; Unavailable if it may work later."""
        async with self._turn:
            self.statements += 1
            try:
                if self.around is None:
                    return await self._fetch(statement, parameters)
                with self.around(statement, self._dialect):
                    return await self._fetch(statement, parameters)
            except Exception as error:
                if is_outage(error):
                    raise Unavailable(
                        "The database is busy or away: try again in a moment."
                    ) from error
                raise

    @abstractmethod
    async def _fetch(
        self, statement: Executable, parameters: Parameters | None
    ) -> Sequence[Row[*tuple[Any, ...]]]: ...

    async def partitions(
        self, statement: Executable, size: int = 10_000
    ) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
        """Run one statement and give its rows ``size`` at a time, never holding more."""
        async with self._turn:
            self.statements += 1
            async for rows in self._partitions(statement, size):
                yield rows

    @abstractmethod
    def _partitions(
        self, statement: Executable, size: int
    ) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]: ...

    @abstractmethod
    async def close(self) -> None:
        """Give the connection back; waits for a statement that is still running."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.shield(self.close())


class Database(ABC):
    """A SQLite file or a PostgreSQL database; ``timeout_seconds`` as in :func:`open_database`."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds

    @abstractmethod
    def read(self) -> Snapshot:
        """A snapshot to read one answer from; costs nothing until its first statement."""

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """The connections that answers are read with."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction as the only writer, and commit it."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_is_transient),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            # Who has waited for a turn that long already does not queue up again.
            stop=stop_after_attempt(8) | stop_after_delay(self._timeout),
            reraise=True,
        ):
            with attempt:
                return await self._write(work)
        raise AssertionError("unreachable: the last attempt raises")

    @abstractmethod
    async def _write(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    async def migrate(self) -> None:
        """Create the tables, or bring them to this version's shape."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _is_transient(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return state in _TRANSIENT_STATES or "database is locked" in str(error.orig)


def open_database(url: str, *, connections: int = 4, timeout_seconds: float = 30) -> Database:
    """Open the database that ``sqlite:///file.db`` or ``postgresql://…`` names.

    ``connections`` is how many answers are read at once; ``timeout_seconds`` how long a
    statement may run and a writer may wait for its turn.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "The database URL is not of the form sqlite:///file.db or postgresql://…"
        ) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        from gateway.db.sqlite import SqliteDatabase

        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("A SQLite database needs a file: sqlite:///file.db")
        return SqliteDatabase(parsed.database, connections, timeout_seconds)
    if kind == "postgresql":
        try:
            from gateway.db.postgres import PostgresDatabase

            return PostgresDatabase(parsed, connections, timeout_seconds)
        except ImportError:
            raise SettingsError(
                "PostgreSQL needs one more package: pip install 'stats-gateway[postgres]'"
            ) from None
    raise SettingsError(f"There is no support for {kind}: use sqlite:///file.db or postgresql://…")
