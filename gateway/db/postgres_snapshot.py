"""Snapshot of a PostgreSQL database, from the server that its process reads from.

As long as nothing was read in it, another server may replace it: the next one if a server is
away, the primary if a standby cancels a statement because of what it has to replay (recovery
conflict). After that all has to be read anew, in a snapshot of its own: SnapshotLost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from gateway.db.compiled import Rows
from gateway.db.database import Snapshot, SnapshotLost
from gateway.db.faults import SERVER_FAULTS, Faults, fault_of
from gateway.db.postgres_readers import NotConnected, Readers
from gateway.db.read_servers import ReadServers

T = TypeVar("T")

#: What a standby answers to a statement that holds up what it has to replay: serialization_failure
#: and deadlock_detected, which nothing else makes of one that only reads.
_CONFLICTS = frozenset({"40001", "40P01"})


async def _begin(connection: Any) -> None:
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


class PostgresSnapshot(Snapshot):
    """A snapshot of PostgreSQL; ``readers`` has the connections to each of the ``servers``."""

    driver_errors = (asyncpg.PostgresError, asyncpg.InterfaceError)

    def __init__(
        self,
        servers: ReadServers,
        readers: Sequence[Readers],
        dialect: Dialect,
        faults: Faults,
        *,
        at_primary: bool,
    ) -> None:
        super().__init__(dialect, faults)
        self._servers = servers
        self._all_readers = readers
        self._at_primary = at_primary
        #: The indices of servers where reads have failed.
        self._tried: set[int] = set()
        self._server_index = servers.current
        self._connection: Any = None
        self._begun = False
        self._has_read = False
        #: What has aborted the transaction.
        self._aborted: Exception | None = None
        self._lost: SnapshotLost | None = None

    @property
    def _readers(self) -> Readers:
        return self._all_readers[self._server_index]

    @property
    def fell_back(self) -> bool:
        # Before the first statement no server was read.
        is_elsewhere = self._server_index != self._servers.primary
        return self._at_primary and self.statements > 0 and is_elsewhere

    async def _fetch(
        self, runs: Sequence[tuple[str, Sequence[Any]]]
    ) -> Sequence[tuple[Iterable[str], Rows]]:
        found = await self._with_failover(lambda: self._fetch_here(runs))
        self._has_read = True
        return found

    async def _fetch_here(
        self, runs: Sequence[tuple[str, Sequence[Any]]]
    ) -> Sequence[tuple[Iterable[str], Rows]]:
        connection = await self._connected()
        if self._aborted is not None:
            raise self._aborted
        found: list[tuple[Iterable[str], Rows]] = []
        for statement, arguments in runs:
            try:
                rows = await connection.fetch(statement, *arguments)
            except asyncpg.InterfaceError as error:
                raise _lost(connection, statement, error) from error
            except (asyncpg.PostgresError, TimeoutError) as error:
                self._aborted = error
                raise
            found.append((rows[0].keys() if rows else (), rows))
        return found

    async def _fetch_ahead(self, text: str, arguments: Sequence[Any]) -> Rows:
        async def fetch(connection: Any) -> Rows:
            rows: Rows = await connection.fetch(text, *arguments)
            return rows

        async def fetch_here() -> Rows:
            if self._connection is not None:
                return await fetch(self._connection)
            return await self._acquire(fetch)

        return await self._with_failover(fetch_here)

    async def _partitions(
        self, text: str, arguments: Sequence[Any], size: int
    ) -> AsyncIterator[Rows]:
        connection = await self._with_failover(self._connected)
        cursor = await connection.cursor(text, *arguments)
        self._has_read = True
        while rows := await cursor.fetch(size):
            yield rows

    async def _connected(self) -> Any:
        if self._connection is None:
            await self._acquire(_begin)
        elif not self._begun:
            try:
                await self._readers.attempt(self._connection, _begin)
            except BaseException:
                self._connection = None
                self._readers.slots.release()
                raise
        self._begun = True
        return self._connection

    async def _acquire(self, first: Callable[[Any], Awaitable[T]]) -> T:
        order = self._servers.order(at_primary=self._at_primary)
        self._server_index = next(index for index in order if index not in self._tried)
        self._connection, found = await self._readers.acquire(first)
        return found

    async def _with_failover(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work at this server or, as long as nothing was read, at another one."""
        while True:
            if self._lost is not None:
                raise self._lost
            try:
                return await work()
            except Exception as error:
                if not self._fails_over(error):
                    raise error.cause if isinstance(error, NotConnected) else error from None
                self._give_up()
                if self._has_read:
                    self._lost = SnapshotLost(at_primary=self._at_primary)
                    raise self._lost from error

    def _fails_over(self, error: Exception) -> bool:
        """Whether to fail over to another server, and there is one."""
        if len(self._tried) + 1 >= len(self._all_readers):
            return False
        if _is_conflict(error) and self._server_index != self._servers.primary:
            self._at_primary = True
        elif not _is_away(error):
            return False
        if isinstance(error, NotConnected):
            # A connection that is lost may be one that a conflict has ended.
            self._servers.failed(self._server_index)
        self._tried.add(self._server_index)
        return True

    def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        self._begun, self._aborted = False, None
        if connection is not None:
            self._readers.give_up(connection)

    async def close(self) -> None:
        async with self._lock:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                begun, self._begun, self._aborted = self._begun, False, None
                await asyncio.shield(self._readers.give_back(connection, begun=begun))


def _is_conflict(error: Exception) -> bool:
    return getattr(error, "sqlstate", None) in _CONFLICTS


def _is_away(error: Exception) -> bool:
    if isinstance(error, NotConnected):
        return fault_of(error.cause) in SERVER_FAULTS
    # A statement that takes too long is the statement's fault.
    return not isinstance(error, TimeoutError) and fault_of(error) in SERVER_FAULTS


def _lost(connection: Any, statement: str, error: Exception) -> Exception:
    """An error of the driver itself: if the connection is gone, it may work later."""
    if not connection.is_closed():
        return error
    return DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=True)
