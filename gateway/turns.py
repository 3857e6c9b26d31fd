"""Turns of the event loop: long work is cut, so that everybody else is answered meanwhile.

Work is counted in values, each up to a microsecond: what is made or completed of an answer.
What takes longer counts as several. All operations of a process share one count, so that many at
once keep nobody waiting longer than one does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Values between two turns: some ten milliseconds.
WORK_A_TURN = 20_000

#: Of those who wait for a turn, who may go on in one: hundreds of thousands may wait at once.
_WOKEN_A_TURN = 100

#: Rows that are turned into values in the loop; more are in a thread, which shares the processor.
ROWS_IN_LOOP = 10_000


class Turns:
    """Counts the work since the loop's last turn, and gives it the next one when it is due."""

    def __init__(self, work_a_turn: int = WORK_A_TURN) -> None:
        self.work_a_turn = work_a_turn
        #: The work since the loop's last turn.
        self.done = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def work(self, values: int) -> bool:
        """Count work; whether a turn is due."""
        self.done += values
        return self.done >= self.work_a_turn

    async def give(self) -> None:
        """Give the loop a turn if one is due; more than one if others work meanwhile."""
        again = False
        while self.done >= self.work_a_turn:
            loop = asyncio.get_running_loop()
            turn = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._begin)
            # Whoever was woken in vain is the next: nobody waits for ever.
            (self._waiting.appendleft if again else self._waiting.append)(turn)
            again = True
            await turn

    def _begin(self) -> None:
        """Begin a turn, and wake who goes on in it; not all, who would mostly wait again."""
        self.done = 0
        for _ in range(min(len(self._waiting), _WOKEN_A_TURN)):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._begin)

    def slices(self, number: int, values_each: int) -> Iterator[slice]:
        """Cut a number of things, each of so much work, into what fits into a turn."""
        step = max(self.work_a_turn // values_each, 1)
        if number <= step:
            return iter((slice(0, number),))
        return (slice(start, min(start + step, number)) for start in range(0, number, step))


async def beside(rows: int, work: Callable[[], T]) -> T:
    """Do work on so many rows, in a thread where they are many; it touches nothing shared."""
    return work() if rows <= ROWS_IN_LOOP else await asyncio.to_thread(work)
