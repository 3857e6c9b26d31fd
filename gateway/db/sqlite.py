"""SQLite: synchronous SQLAlchemy in a small pool of threads.

Measured: a statement costs 72 µs this way, 138 over aiosqlite, 634 with SQLAlchemy over aiosqlite.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, Row, create_engine, event

from gateway.db.database import Database, Parameters, Pool, Snapshot, pool_of
from gateway.db.migrate import upgrade
from gateway.errors import Unavailable

T = TypeVar("T")

#: Of each reader's connection. The writer, which is one, gets more: it comes back to the pages of
#: every entity that a batch touches.
_CACHE_KIB = 65_536


class SqliteDatabase(Database):
    """A file in WAL mode: readers see the last commit while one writer writes."""

    def __init__(self, path: str, connections: int, timeout_seconds: float) -> None:
        super().__init__(timeout_seconds)
        self._readers = _engine(path, "BEGIN", connections, timeout_seconds, query_only=True)
        self._writers = _engine(path, "BEGIN IMMEDIATE", 1, timeout_seconds, query_only=False)
        # A reader holds its connection from statement to statement, and a thread only during
        # one: as many threads as connections, handed out through the semaphore, never dead-lock.
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="sqlite-read")
        self._writer_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._free = asyncio.Semaphore(connections)

    def read(self) -> Snapshot:
        return _SqliteSnapshot(self._readers, self._threads, self._free, self._timeout)

    @property
    def pool(self) -> Pool:
        return pool_of(self._readers.pool)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with self._writers.begin() as connection:
                return work(connection)

        running = asyncio.get_running_loop().run_in_executor(self._writer_thread, transaction)
        # A caller that goes away must not leave the next one beside a transaction under way.
        return await asyncio.shield(running)

    async def migrate(self) -> None:
        await self.write(upgrade)

    async def close(self) -> None:
        self._threads.shutdown()
        self._writer_thread.shutdown()
        self._readers.dispose()
        self._writers.dispose()


class _SqliteSnapshot(Snapshot):
    def __init__(
        self, engine: Engine, threads: ThreadPoolExecutor, free: asyncio.Semaphore, timeout: float
    ) -> None:
        super().__init__(engine.dialect)
        self._engine = engine
        self._threads = threads
        self._free = free
        self._timeout = timeout
        self._connection: Connection | None = None
        self._acquired = False

    async def _fetch(
        self, statement: Executable, parameters: Parameters | None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        await self._acquire()
        return await self._in_thread(lambda: self._execute(statement, parameters).all())

    async def _partitions(
        self, statement: Executable, size: int
    ) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
        await self._acquire()
        result = await self._in_thread(lambda: self._execute(statement, None))
        while rows := await self._in_thread(lambda: result.fetchmany(size)):
            yield rows

    async def _acquire(self) -> None:
        if not self._acquired:
            try:
                await asyncio.wait_for(self._free.acquire(), self._timeout)
            except TimeoutError:
                raise Unavailable("The database is busy: try again in a moment.") from None
            self._acquired = True

    async def _in_thread(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The connection is not to be given back while the thread is still using it.
            await asyncio.wait([running])
            raise

    def _execute(
        self, statement: Executable, parameters: Parameters | None
    ) -> CursorResult[*tuple[Any, ...]]:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection.execute(statement, parameters)

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._connection.close
                )
                self._connection = None
            if self._acquired:
                self._acquired = False
                self._free.release()


def _engine(path: str, begin: str, size: int, timeout: float, *, query_only: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=path),
        pool_size=size,
        max_overflow=0,
        pool_timeout=timeout,
        hide_parameters=True,
        connect_args={"timeout": timeout, "check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver's own transaction handling is off: SQLAlchemy's "begin" says how it starts.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # A stream's batch is acknowledged once it is committed: it must outlive a power cut too.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB if query_only else -4 * _CACHE_KIB}")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
