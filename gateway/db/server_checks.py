"""Health checks of database servers: query each one's state every second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from gateway.db.primary_progress import PrimaryProgress
from gateway.db.read_servers import ReadServers
from gateway.db.server_state import SERVER_STATE, ServerState
from gateway.db.side_connection import SideConnection

logger = logging.getLogger(__name__)

#: The pause between two checks, and how long a server may take to answer one.
EVERY_SECONDS = 1.0
ANSWER_SECONDS = 2.0
#: After so many checks in a row a server that is silent is not waited for any more.
_SILENT_UNTIL_HANGING = 2


class ServerChecks:
    """An async context manager, in which ``servers`` are checked; ``sides`` lead to them.

    ``hangs`` is told of a server that was connected to and has stopped to answer.
    """

    def __init__(
        self,
        servers: ReadServers,
        sides: Sequence[SideConnection],
        hangs: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._servers = servers
        self._sides = sides
        self._hangs = hangs
        self._clock = clock
        self._every = every_seconds
        self._progress = PrimaryProgress()
        #: How many checks in a row each server let pass without an answer.
        self._silent = [0] * len(sides)
        self._checking: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Ask all servers at once, and choose the one to read from."""
        indices = range(len(self._sides))
        states = await asyncio.gather(*(self._query(index) for index in indices))
        now = self._clock()
        primary = states[self._servers.primary]
        if primary is not None:
            self._progress.note(primary.lsn, now)
        for index, state in enumerate(states):
            if state is None:
                self._servers.missed(index)
            elif primary is None:
                # The lag is unknown without the primary, but for the server's own report.
                self._servers.checked(index, state.role, state.own_lag)
            else:
                lag = self._progress.lag_of(state.lsn, now)
                self._servers.checked(index, state.role, lag)
        self._servers.choose()

    async def _query(self, index: int) -> ServerState | None:
        try:
            (row,) = await self._sides[index].fetch(SERVER_STATE, {})
        except TimeoutError:
            self._silent[index] += 1
            if self._silent[index] == _SILENT_UNTIL_HANGING:
                self._hangs(index)
            return None
        except Exception:  # any failure: reads go to other servers
            return None
        self._silent[index] = 0
        return ServerState(*row)

    async def _check_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.check()
            except Exception:
                logger.exception("A check of the database servers failed.")

    async def __aenter__(self) -> Self:
        await self.check()
        self._checking = asyncio.create_task(self._check_for_ever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait([self._checking])
        for side in self._sides:
            with suppress(Exception):
                await side.close()
