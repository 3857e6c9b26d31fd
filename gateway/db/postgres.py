"""PostgreSQL 15 and later, through asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import URL, Connection, Dialect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db.compiled import Rows
from gateway.db.database import Database, Snapshot
from gateway.db.migrate import upgrade

T = TypeVar("T")

#: Any fixed number: every writing transaction of every gateway takes this one lock.
WRITER_LOCK = 7_170_410_001
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
#: Prepared statements that each reading connection keeps.
_PREPARED = 512


class PostgresDatabase(Database):
    """One connection to write with, and a pool of others to read with, for one process."""

    def __init__(self, url: URL, connections: int, timeout_seconds: float) -> None:
        super().__init__(timeout_seconds)
        server_settings = {
            "application_name": "stats-gateway",
            "statement_timeout": str(int(timeout_seconds * 1000)),
            "timezone": "UTC",
        }
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=1,
            max_overflow=0,
            pool_timeout=min(timeout_seconds, 5),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"command_timeout": timeout_seconds, "server_settings": server_settings},
        )
        _, arguments = self._engine.dialect.create_connect_args(self._engine.url)
        self._readers = _Readers(
            min(timeout_seconds, 5),
            {
                **arguments,
                "max_size": connections,
                "command_timeout": timeout_seconds,
                # All statements look up ranges of keys: planning them anew for each parameter, or
                # compiling them, would take longer than running them.
                "server_settings": {
                    **server_settings,
                    "plan_cache_mode": "force_generic_plan",
                    "jit": "off",
                },
            },
        )
        # Writers of this process wait for each other here, and not with a connection in hand.
        self._writing = asyncio.Lock()

    def read(self) -> Snapshot:
        return _PostgresSnapshot(self._readers, self._engine.dialect)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        async with self._writing, self._engine.begin() as connection:
            await connection.execute(_LOCK, {"lock": WRITER_LOCK})
            return await connection.run_sync(work)

    async def migrate(self) -> None:
        await self.write(upgrade)

    async def close(self) -> None:
        await self._readers.close()
        await self._engine.dispose()


class _Readers:
    """Connections that only read; asyncpg keeps their statements prepared."""

    def __init__(self, timeout: float, arguments: dict[str, Any]) -> None:
        self._timeout = timeout
        self._arguments = arguments
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[Any] | None = None

    async def begin(self) -> Any:
        """A connection in a read transaction."""
        pool = self._pool or await self._open()
        # The server may have closed all that the pool holds since they were last used. Nothing is
        # read yet, and one more, which is new, tells whether the server is there.
        for left in reversed(range(pool.get_max_size() + 1)):
            connection = await pool.acquire(timeout=self._timeout)
            try:
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except BaseException as error:
                lost = connection.is_closed() and isinstance(error, Exception)
                connection.terminate()
                await pool.release(connection)
                if not (lost and left):
                    raise
            else:
                return connection
        raise AssertionError("unreachable: the last attempt raises")

    async def _open(self) -> asyncpg.Pool[Any]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    min_size=0, statement_cache_size=_PREPARED, reset=_keep, **self._arguments
                )
        return self._pool

    async def end(self, connection: Any) -> None:
        """End the transaction, and give the connection back."""
        assert self._pool is not None  # noqa: S101 (the connection came from it)
        try:
            await connection.execute("ROLLBACK")
        except Exception:
            connection.terminate()
        finally:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Close the connections, also those that somebody does not give back."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()


async def _keep(_connection: Any) -> None:
    """Nothing to reset: a reading transaction leaves nothing behind."""


class _PostgresSnapshot(Snapshot):
    driver_errors = (asyncpg.PostgresError, asyncpg.InterfaceError)

    def __init__(self, readers: _Readers, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._readers = readers
        self._connection: Any = None

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

    async def _partitions(
        self, text: str, arguments: Sequence[Any], size: int
    ) -> AsyncIterator[Rows]:
        connection = await self._connected()
        cursor = await connection.cursor(text, *arguments)
        while rows := await cursor.fetch(size):
            yield rows

    async def _connected(self) -> Any:
        if self._connection is None:
            self._connection = await self._readers.begin()
        return self._connection

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                await asyncio.shield(self._readers.end(connection))


def _lost(connection: Any, statement: str, error: Exception) -> Exception:
    """An error of the driver itself: if the connection is gone, it may work later."""
    if not connection.is_closed():
        return error
    return DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=True)
