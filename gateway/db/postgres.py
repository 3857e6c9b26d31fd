"""PostgreSQL 15 and later, through asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Executable, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.db.database import Database, Parameters, Pool, Snapshot, pool_of
from gateway.db.migrate import upgrade

T = TypeVar("T")

#: Any fixed number: every writing transaction of every gateway takes this one lock.
WRITER_LOCK = 7_170_410_001
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")


class PostgresDatabase(Database):
    """A pool of connections for one process."""

    def __init__(self, url: URL, connections: int, timeout_seconds: float) -> None:
        super().__init__(timeout_seconds)
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=connections,
            max_overflow=1,
            pool_timeout=min(timeout_seconds, 5),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "command_timeout": timeout_seconds,
                "server_settings": {
                    "application_name": "stats-gateway",
                    "statement_timeout": str(int(timeout_seconds * 1000)),
                    "timezone": "UTC",
                },
            },
        )
        # Writers of this process wait for each other here, and not with a connection in hand.
        self._writing = asyncio.Lock()

    def read(self) -> Snapshot:
        return _PostgresSnapshot(self._engine)

    @property
    def pool(self) -> Pool:
        return pool_of(self._engine.pool)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        async with self._writing, self._engine.begin() as connection:
            await connection.execute(_LOCK, {"lock": WRITER_LOCK})
            return await connection.run_sync(work)

    async def migrate(self) -> None:
        await self.write(upgrade)

    async def close(self) -> None:
        await self._engine.dispose()


class _PostgresSnapshot(Snapshot):
    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine.dialect)
        self._engine = engine
        self._connection: AsyncConnection | None = None

    async def _fetch(
        self, statement: Executable, parameters: Parameters | None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        connection = await self._connected()
        return (await connection.execute(statement, parameters)).all()

    async def _partitions(
        self, statement: Executable, size: int
    ) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
        connection = await self._connected()
        async with connection.stream(statement) as result:
            async for rows in result.partitions(size):
                yield rows

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self._connect()
        return self._connection

    async def _connect(self) -> AsyncConnection:
        connection = await self._engine.connect()
        return await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                await asyncio.shield(connection.close())
