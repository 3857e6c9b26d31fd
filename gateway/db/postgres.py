"""PostgreSQL 15 and later, through asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, Dialect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db.compiled import Rows
from gateway.db.connection_slots import ConnectionSlots, Pool
from gateway.db.database import Database, Snapshot
from gateway.db.faults import WRITING, Faults
from gateway.db.instants import Clock
from gateway.db.migrate import Upgrade, upgrade
from gateway.db.pooling import refuse_shared_sessions
from gateway.db.postgres_hosts import PostgresHosts
from gateway.db.postgres_side import PostgresSideConnection
from gateway.db.side_connection import SideConnection
from gateway.db.url import PostgresUrl

T = TypeVar("T")

#: Any fixed number: every writing transaction of every gateway takes this one lock.
WRITER_LOCK = 7_170_410_001
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
#: Needs the right to write to the ledger, on a server that takes writes, and changes no row.
_WRITES_NOTHING = "UPDATE classification SET id = id WHERE false"
#: All statements look up ranges of keys: planning them anew for each parameter, or compiling them,
#: would take longer than running them.
_READING = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
#: Prepared statements that each reading connection keeps.
_PREPARED = 512


class PostgresDatabase(Database):
    """One connection to write with, and a pool of others to read with, for one process."""

    def __init__(
        self, url: PostgresUrl, connections: int, timeout_seconds: float, clock: Clock
    ) -> None:
        super().__init__(timeout_seconds, clock, Faults(url.shown))
        self._hosts = PostgresHosts(url, timeout_seconds)
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._hosts.connect,
            pool_size=1,
            max_overflow=0,
            pool_timeout=min(timeout_seconds, 5),
            pool_pre_ping=True,
            hide_parameters=True,
        )
        self._readers = _Readers(connections, min(timeout_seconds, 5), self._hosts)
        # Writers of this process wait for each other here, and not with a connection in hand.
        self._writing = asyncio.Lock()

    def read(self) -> Snapshot:
        return _PostgresSnapshot(self._readers, self._engine.dialect, self.faults)

    def side_connection(self, timeout_seconds: float) -> SideConnection:
        async def connect(session: dict[str, str]) -> Any:
            return await self._hosts.connect({**_READING, **session})

        return PostgresSideConnection(
            connect, self._engine.dialect, min(timeout_seconds, self._timeout)
        )

    @property
    def pool(self) -> Pool:
        return self._readers.slots.pool

    async def _write(self, work: Callable[[Connection], T]) -> T:
        async with self._writing, self._engine.begin() as connection:
            await connection.execute(_LOCK, {"lock": WRITER_LOCK})
            return await connection.run_sync(work)

    async def _check_writable(self) -> None:
        # On a connection of its own: a writer under way is no reason to say that nobody can.
        connection = await self._hosts.connect()
        try:
            await connection.execute(_WRITES_NOTHING)
        finally:
            connection.terminate()

    async def migrate(self) -> Upgrade:
        try:
            await refuse_shared_sessions(self._hosts.connect)
        except Exception as error:
            if (fault := self.faults.met(WRITING, error)) is not None:
                raise fault from error
            raise
        return await self.write(upgrade)

    async def close(self) -> None:
        await self._readers.close()
        await self._engine.dispose()


class _Readers:
    """Connections that only read; asyncpg keeps their statements prepared.

    asyncpg has a pool of its own, which costs as much as a statement each time.
    """

    def __init__(self, number: int, timeout: float, hosts: PostgresHosts) -> None:
        self.slots = ConnectionSlots(number, timeout)
        self._timeout = timeout
        self._hosts = hosts
        self._idle: list[Any] = []
        self._closed = False

    async def acquire(self, first: Callable[[Any], Awaitable[T]]) -> tuple[Any, T]:
        """A connection, and what was first done with it."""
        await self.slots.acquire()
        try:
            # The server may have closed those that are idle since they were last used. Nothing is
            # read yet, and a new one tells whether the server is there.
            while self._idle:
                connection = self._idle.pop()
                try:
                    return connection, await _tried(connection, first)
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                    if not _tells_of_the_connection(error):
                        raise
            connection = await self._hosts.connect(_READING, statement_cache_size=_PREPARED)
            return connection, await _tried(connection, first)
        except BaseException:
            self.slots.release()
            raise

    async def give_back(self, connection: Any, *, begun: bool) -> None:
        """End the transaction if one was begun, and give the connection back."""
        try:
            if begun:
                await connection.execute("ROLLBACK")
        except Exception:
            connection.terminate()
        else:
            if self._closed:
                connection.terminate()
            else:
                self._idle.append(connection)
        finally:
            self.slots.release()

    async def close(self) -> None:
        """Close the connections; who still has one closes it by giving it back."""
        self._closed = True
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close(timeout=self._timeout)
            except Exception:
                connection.terminate()


def _tells_of_the_connection(error: Exception) -> bool:
    """Whether the connection was gone, and not the statement too slow or wrong."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(("08", "57P"))
    return not isinstance(error, TimeoutError)


async def _tried(connection: Any, work: Callable[[Any], Awaitable[T]]) -> T:
    try:
        return await work(connection)
    except BaseException:
        connection.terminate()
        raise


async def _begin(connection: Any) -> None:
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


class _PostgresSnapshot(Snapshot):
    driver_errors = (asyncpg.PostgresError, asyncpg.InterfaceError)

    def __init__(self, readers: _Readers, dialect: Dialect, faults: Faults) -> None:
        super().__init__(dialect, faults)
        self._readers = readers
        self._connection: Any = None
        self._begun = False

    async def _fetch(
        self, runs: Sequence[tuple[str, Sequence[Any]]]
    ) -> Sequence[tuple[Iterable[str], Rows]]:
        connection = await self._connected()
        found: list[tuple[Iterable[str], Rows]] = []
        for statement, arguments in runs:
            try:
                rows = await connection.fetch(statement, *arguments)
            except asyncpg.InterfaceError as error:
                raise _lost(connection, statement, error) from error
            found.append((rows[0].keys() if rows else (), rows))
        return found

    async def _fetch_ahead(self, text: str, arguments: Sequence[Any]) -> Rows:
        rows: Rows
        if self._connection is None:
            self._connection, rows = await self._readers.acquire(
                lambda connection: connection.fetch(text, *arguments)
            )
        else:
            rows = await self._connection.fetch(text, *arguments)
        return rows

    async def _partitions(
        self, text: str, arguments: Sequence[Any], size: int
    ) -> AsyncIterator[Rows]:
        connection = await self._connected()
        cursor = await connection.cursor(text, *arguments)
        while rows := await cursor.fetch(size):
            yield rows

    async def _connected(self) -> Any:
        if self._connection is None:
            self._connection, _ = await self._readers.acquire(_begin)
        elif not self._begun:
            try:
                await _tried(self._connection, _begin)
            except BaseException:
                self._connection = None
                self._readers.slots.release()
                raise
        self._begun = True
        return self._connection

    async def close(self) -> None:
        async with self._lock:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                await asyncio.shield(self._readers.give_back(connection, begun=self._begun))


def _lost(connection: Any, statement: str, error: Exception) -> Exception:
    """An error of the driver itself: if the connection is gone, it may work later."""
    if not connection.is_closed():
        return error
    return DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=True)
