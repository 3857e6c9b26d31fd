"""Yielding to the event loop: cuts long work, so that other operations run in between.

Work is counted in values, each up to a microsecond: what is made or completed of an answer.
What takes longer counts as several. All operations of a process share one count, so that many at
once delay others no longer than one does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Values between two yields: some ten milliseconds.
WORK_PER_YIELD = 20_000

#: How many are woken in one iteration of the loop: hundreds of thousands may wait at once.
_WOKEN_PER_YIELD = 100

#: Rows that are turned into values in the loop; more are in a thread, which shares the processor.
ROWS_IN_LOOP = 10_000


class Yielding:
    """Counts the work of an iteration of the event loop, and yields when it is enough."""

    def __init__(self, work_per_yield: int = WORK_PER_YIELD) -> None:
        self.work_per_yield = work_per_yield
        #: The work in this iteration of the loop.
        self.done = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def work(self, values: int) -> bool:
        """Count work; return whether to yield."""
        self.done += values
        return self.done >= self.work_per_yield

    async def yield_if_due(self) -> None:
        """Yield to the loop if it is due; several times if others work meanwhile."""
        again = False
        while self.done >= self.work_per_yield:
            loop = asyncio.get_running_loop()
            waiter = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._begin)
            # One that was woken in vain goes first next time, so that none starves.
            (self._waiting.appendleft if again else self._waiting.append)(waiter)
            again = True
            await waiter

    def _begin(self) -> None:
        """Begin an iteration, and wake some waiters; of all, most would only wait again."""
        self.done = 0
        for _ in range(min(len(self._waiting), _WOKEN_PER_YIELD)):
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._begin)

    def slices(self, number: int, values_each: int) -> Iterator[slice]:
        """Cut a number of items, each of so much work, into slices that fit between two yields."""
        step = max(self.work_per_yield // values_each, 1)
        if number <= step:
            return iter((slice(0, number),))
        return (slice(start, min(start + step, number)) for start in range(0, number, step))


async def beside(rows: int, work: Callable[[], T]) -> T:
    """Do work on so many rows, in a thread if they are many; it must not use shared state."""
    return work() if rows <= ROWS_IN_LOOP else await asyncio.to_thread(work)
