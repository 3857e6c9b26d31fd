"""Reading connections to one PostgreSQL server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from gateway.db.connection_slots import ConnectionSlots
from gateway.db.postgres_hosts import PostgresHosts

T = TypeVar("T")

#: All statements look up ranges of keys: planning them anew for each parameter, or compiling them,
#: would take longer than running them.
READING = {"plan_cache_mode": "force_generic_plan", "jit": "off"}
#: Prepared statements that each reading connection keeps.
_PREPARED = 512
#: What a connection raises that the server has closed; the last one while asyncpg is being told.
_LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    asyncpg.InternalClientError,
)


class NotConnected(Exception):
    """The server was not reached; ``cause`` is what the driver raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Readers:
    """Connections that only read; asyncpg keeps their statements prepared.

    asyncpg has a pool of its own, which costs as much as a statement each time.
    """

    def __init__(self, number: int, timeout: float, hosts: PostgresHosts) -> None:
        self.slots = ConnectionSlots(number, timeout)
        self._timeout = timeout
        self._hosts = hosts
        self._idle: list[Any] = []
        self._in_use: set[Any] = set()
        self._closed = False

    async def acquire(self, first: Callable[[Any], Awaitable[T]]) -> tuple[Any, T]:
        """A connection, and what was first done with it; NotConnected if there is none."""
        await self.slots.acquire()
        try:
            # The server may have closed those that are idle since they were last used. Nothing is
            # read yet, and a new one tells whether the server is there.
            while self._idle:
                connection = self._idle.pop()
                try:
                    return connection, await self.attempt(connection, first)
                except _LOST as error:
                    if not _is_connection_error(error):
                        raise
            try:
                connection = await self._hosts.connect(READING, statement_cache_size=_PREPARED)
            except Exception as error:
                raise NotConnected(error) from error
            return connection, await self.attempt(connection, first)
        except BaseException:
            self.slots.release()
            raise

    async def attempt(self, connection: Any, work: Callable[[Any], Awaitable[T]]) -> T:
        """Attempt the work, and return its result; a connection with which it fails is closed."""
        self._in_use.add(connection)
        try:
            return await work(connection)
        except BaseException:
            self._in_use.discard(connection)
            connection.terminate()
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
            self._in_use.discard(connection)
            self.slots.release()

    def give_up(self, connection: Any) -> None:
        """Close a connection that is of no use any more."""
        connection.terminate()
        self._in_use.discard(connection)
        self.slots.release()

    def abandon(self) -> None:
        """Close all connections at once: the server has stopped to answer, and may for long."""
        while self._idle:
            self._idle.pop().terminate()
        for connection in self._in_use:
            connection.terminate()

    async def close(self) -> None:
        """Close the connections; who still has one closes it by giving it back."""
        self._closed = True
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close(timeout=self._timeout)
            except Exception:
                connection.terminate()


def _is_connection_error(error: Exception) -> bool:
    """Whether the error is the connection's, and not that of a statement too slow or wrong."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(("08", "57P"))
    return not isinstance(error, TimeoutError)
