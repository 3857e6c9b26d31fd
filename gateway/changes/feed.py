"""Change feed: tells whether cached reads are still valid; one for each process.

It reads the change log, at most one statement at a time, and keeps the chain of its newest rows
in memory. A read at one row of the chain is valid at another if no row between them changes it.
Wherever the chain breaks (a backup was restored, a standby took over, the log was cut) all caches
are invalidated.
Servers that replicate one database are at different positions of one chain: a feed that goes on at
another server, which may be behind, invalidates nothing.
After a failed read, a circuit breaker lets no request wait for another until one has worked.
The model that spin checks is ``proofs/response_cache.pml``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from gateway.changes.chain import Chain
from gateway.changes.entity import Entity
from gateway.changes.log import ROWS_SINCE
from gateway.changes.position import LogPosition
from gateway.circuit_breaker import BreakerState, CircuitBreaker
from gateway.db import Database
from gateway.db.faults import READING

logger = logging.getLogger(__name__)

#: A read that takes longer has failed.
READ_SECONDS = 1.0
#: After a failure no request waits for so long; then one read in the background probes.
PAUSE_SECONDS = 1.0
_READING_LOG = "Reading the change log"
#: Failures in a row of which a line is logged: one alone costs a few answers from caches.
_NOTABLE_FAILURES = 3


class ChangeFeed:
    """Reads the change log: an async context manager; outside of it, nothing is known.

    ``reads`` counts statements that began. Of these ``continued`` went on from what was known,
    ``restarted`` invalidated all, and ``failed`` came to nothing.
    """

    def __init__(
        self,
        database: Database,
        timeout_seconds: float = READ_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        *,
        chain: Chain | None = None,
        at_primary: bool = False,
    ) -> None:
        self.reads = 0
        self.continued = 0
        self.restarted = 0
        self.failed = 0
        self._faults = database.faults
        self._failed_in_a_row = 0
        self._logged = False
        self._side = database.side_connection(timeout_seconds, at_primary=at_primary)
        self._chain = Chain() if chain is None else chain
        #: The position that it has caught up with; None before the first.
        self.position: LogPosition | None = None
        #: The position that each server was last read at.
        self._reached: dict[int, LogPosition] = {}
        self._source: object = None
        self._invalidations: list[Callable[[], object]] = []
        self._breaker = CircuitBreaker(PAUSE_SECONDS, clock)
        self.timeout_seconds = timeout_seconds
        self._entered = False
        self._waiting: list[asyncio.Future[LogPosition | None]] = []
        self._reading: asyncio.Task[None] | None = None
        self._looked = False

    @property
    def chain(self) -> Chain:
        """The chain in memory, for feeds of other servers with the same database."""
        return self._chain

    @property
    def size(self) -> int:
        """Estimated bytes in memory."""
        return self._chain.size

    def holds(
        self, entities: Iterable[Entity], read_at: LogPosition, at: LogPosition | None = None
    ) -> bool:
        """Whether a read of these entities at ``read_at`` is valid at ``at``, or at its position.

        False wherever that is not certain.
        """
        at = self.position if at is None else at
        return at is not None and self._chain.holds(entities, read_at, at)

    def changed_since(self, position: LogPosition) -> set[Entity] | None:
        """The entities that changed between this position and its own; None if not known.

        More, maybe, where other feeds know more. Takes as long as there are changes, however much
        is in memory.
        """
        here = self.position
        if here is None or here not in self._chain or position not in self._chain:
            return None
        return self._chain.changed_since(min(here, position))

    def contains(self, position: LogPosition) -> bool:
        """Whether the position is a row of the chain."""
        return position in self._chain

    def on_invalidate(self, callback: Callable[[], object]) -> None:
        """Register a callback for invalidations of all: no earlier read is valid."""
        self._invalidations.append(callback)

    def is_readable(self) -> bool:
        """Whether a request may wait for a read; if not, nothing is cached for it.

        Does not wait. Begins the read in the background that is to tell when it is again.
        """
        state = self._breaker.state
        if state is BreakerState.HALF_OPEN and self._entered and self._reading is None:
            self._begin()
        return state is BreakerState.CLOSED

    async def catch_up(self) -> LogPosition | None:
        """The position of a state that was read no earlier than this call.

        What the loop itself commits would count from its next iteration on; no code here commits.
        None if not known: use no cache then. Calls during a read share the next one.
        Waits for two reads at most, of which one may time out; not at all while the log is not
        readable.
        """
        if not self._entered or not self.is_readable():
            return None
        loop = asyncio.get_running_loop()
        if self._reading is None and self._is_unchanged(loop):
            return self.position
        waiter: asyncio.Future[LogPosition | None] = loop.create_future()
        self._waiting.append(waiter)
        if self._reading is None:
            self._begin()
        return await waiter

    def _is_unchanged(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether the database is known to be as it was, by one look in an iteration of the loop.

        Callbacks run in the order in which they were scheduled. So whoever asks before the look is
        discarded was scheduled before it was made, and was caused by nothing later.
        """
        if not self._looked and self._side.is_unchanged():
            self._looked = True
            loop.call_soon(self._discard_look)
        return self._looked

    def _discard_look(self) -> None:
        self._looked = False

    def _begin(self) -> None:
        self._reading = asyncio.get_running_loop().create_task(self._read_for_all())
        self._reading.add_done_callback(self._ended)

    async def _read_for_all(self) -> None:
        """Read once for all who wait, and again for those who came meanwhile."""
        try:
            while True:
                waiting, self._waiting = self._waiting, []
                position = None
                try:
                    position = await self._read()
                except Exception as error:  # whatever it is, caches are not used then
                    self._failed(error)
                    return
                finally:
                    _answer(waiting, position)
                self._worked()
                if not self._waiting:
                    return
        finally:
            self._end()

    def _ended(self, reading: asyncio.Task[None]) -> None:
        # A task that is cancelled before it begins does nothing at all.
        if self._reading is reading:
            self._end()

    def _end(self) -> None:
        self._reading = None
        waiting, self._waiting = self._waiting, []
        _answer(waiting, None)

    def _failed(self, error: Exception) -> None:
        """Open the breaker; log one of many failures, if others can read the database meanwhile."""
        self._breaker.failed()
        self.failed += 1
        self._failed_in_a_row += 1
        if (
            self._logged
            or self._failed_in_a_row < _NOTABLE_FAILURES
            or self._faults.is_failing(READING)
        ):
            return
        self._logged = True
        if self._faults.record(_READING_LOG, error) is None:
            logger.error("%s fails: nothing is answered from caches.", _READING_LOG, exc_info=error)

    def _worked(self) -> None:
        self._breaker.worked()
        self._failed_in_a_row = 0
        if self._logged:
            self._logged = False
            self._faults.clear(_READING_LOG)

    async def _read(self) -> LogPosition | None:
        if self._side.is_unchanged():
            return self.position
        self.reads += 1
        known = self._chain.newest
        rows = await self._side.fetch(ROWS_SINCE, {"known": 0 if known is None else known.version})
        replaced = self._source != self._side.source
        self._source = self._side.source
        self.position = LogPosition(*rows[0][:2]) if rows else None
        if not replaced and not self._went_back(rows) and self._chain.extend(rows):
            self.continued += 1
        else:
            self.restarted += 1
            self._chain.restart(rows)
            self._reached.clear()
            # Before the first read nothing was known, so nothing is invalidated.
            for callback in self._invalidations if known is not None else ():
                callback()
        if self.position is not None:
            self._reached[self._side.server] = self.position
        return self.position

    def _went_back(self, rows: Sequence[Any]) -> bool:
        """Whether the server has less than it had: no standby that is behind, but a backup."""
        reached = self._reached.get(self._side.server)
        return reached is not None and (not rows or rows[0][0] < reached.version)

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered = False
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._side.close()


def _answer(
    waiting: Iterable[asyncio.Future[LogPosition | None]], position: LogPosition | None
) -> None:
    for waiter in waiting:
        if not waiter.done():
            waiter.set_result(position)
