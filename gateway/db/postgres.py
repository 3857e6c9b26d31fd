"""PostgreSQL 15 and later, through asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db.connection_slots import Pool
from gateway.db.database import Database, ReadingFrom, Snapshot
from gateway.db.faults import WRITING, Faults
from gateway.db.instants import Clock
from gateway.db.migrate import Upgrade, upgrade
from gateway.db.pooling import refuse_shared_sessions
from gateway.db.postgres_hosts import PostgresHosts
from gateway.db.postgres_readers import READING, Readers
from gateway.db.postgres_side import PostgresSideConnection
from gateway.db.postgres_snapshot import PostgresSnapshot
from gateway.db.read_servers import ReadServers
from gateway.db.replicated_side import ReplicatedSideConnection
from gateway.db.server_checks import ANSWER_SECONDS, ServerChecks
from gateway.db.server_state import SERVER_STATE, ServerState
from gateway.db.side_connection import SideConnection
from gateway.db.url import PostgresUrl

T = TypeVar("T")

#: Any fixed number: every writing transaction of every gateway takes this one lock.
WRITER_LOCK = 7_170_410_001
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
#: Needs the right to write to the ledger, on a server that takes writes, and changes no row.
_WRITES_NOTHING = "UPDATE classification SET id = id WHERE false"


class PostgresDatabase(Database):
    """One connection to write with, and a pool of others to read with, for one process.

    With ``standbys`` it reads from one of them, or from the primary, as ``servers`` say: they may
    be shared by several of these, for which one checks how all servers are.
    """

    def __init__(
        self,
        url: PostgresUrl,
        connections: int,
        timeout_seconds: float,
        clock: Clock,
        standbys: Sequence[PostgresUrl] = (),
        servers: ReadServers | None = None,
    ) -> None:
        super().__init__(timeout_seconds, clock, Faults(url.redacted))
        self._servers = servers or ReadServers((), url.redacted, 0)
        self._is_replicated = bool(standbys)

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
        self._all_hosts = [
            *(PostgresHosts(one, timeout_seconds) for one in standbys),
            self._hosts,
        ]
        self._readers = [
            Readers(connections, min(timeout_seconds, 5), hosts) for hosts in self._all_hosts
        ]
        # Writers of this process wait for each other here, and not with a connection in hand.
        self._writing = asyncio.Lock()

    def read(self, *, at_primary: bool = False) -> Snapshot:
        return PostgresSnapshot(
            self._servers,
            self._readers,
            self._engine.dialect,
            self.faults,
            at_primary=at_primary,
        )

    def side_connection(
        self, timeout_seconds: float, *, at_primary: bool = False
    ) -> SideConnection:
        if at_primary or not self._is_replicated:
            return self._side(self._servers.primary, timeout_seconds)
        sides = [self._side(index, timeout_seconds) for index in range(len(self._readers))]
        return ReplicatedSideConnection(sides, self._servers)

    def _side(self, index: int, timeout_seconds: float) -> SideConnection:
        async def connect(session: dict[str, str]) -> Any:
            return await self._all_hosts[index].connect({**READING, **session})

        return PostgresSideConnection(
            connect, self._engine.dialect, min(timeout_seconds, self._timeout)
        )

    @property
    def read_servers(self) -> ReadServers | None:
        return self._servers if self._is_replicated else None

    def checks(self, *others: PostgresDatabase) -> ServerChecks:
        """A context manager that checks the servers, also for others that share them."""

        def hangs(index: int) -> None:
            for one in (self, *others):
                one._readers[index].abandon()

        sides = [self._side(index, ANSWER_SECONDS) for index in range(len(self._readers))]
        return ServerChecks(self._servers, sides, hangs)

    async def reading_from(self) -> ReadingFrom:
        if self._is_replicated:
            server = self._servers.server
            return ReadingFrom(server.role, server.lag_seconds)
        async with self.read() as snapshot:
            (row,) = await snapshot.fetch(SERVER_STATE)
        state = ServerState(*row)
        return ReadingFrom(state.role, state.own_lag)

    @property
    def pool(self) -> Pool:
        return self._readers[self._servers.current].slots.pool

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
            if (fault := self.faults.record(WRITING, error)) is not None:
                raise fault from error
            raise
        return await self.write(upgrade)

    async def close(self) -> None:
        for readers in self._readers:
            await readers.close()
        await self._engine.dispose()
