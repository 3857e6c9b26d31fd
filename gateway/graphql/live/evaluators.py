"""Evaluators: a bounded number of tasks that evaluate what is out of date in a tick, by page."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from gateway.graphql.live.watched import Watched

logger = logging.getLogger(__name__)

#: Timeout of a tick's evaluations. One that takes longer goes on beside the next ticks, which skip
#: it; those that have not begun by then are found again.
TIMEOUT_SECONDS = 10.0

#: Evaluates one; whether others of its page may share the answer. The first of a page is evaluated
#: together with these others.
Evaluate = Callable[[Watched, Collection[Watched]], Awaitable[bool]]


class _Page(NamedTuple):
    """The waiting operations of a page, and whether none of it was evaluated in this tick."""

    waiting: deque[Watched]
    is_new: bool = True


class Evaluators:
    """Runs at most ``number`` evaluations at a time; close it at the end."""

    def __init__(self, number: int, evaluate: Evaluate, timeout: float = TIMEOUT_SECONDS) -> None:
        self._number = number
        self._evaluate = evaluate
        self._timeout = timeout
        self._waiting: deque[_Page] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Operations that are being evaluated, and the tick in which that began.
        self._under_way: dict[Watched, int] = {}
        self._tick = 0
        self._done = asyncio.Event()

    def has(self, watched: Watched) -> bool:
        """Whether it is being evaluated since an earlier tick."""
        return watched in self._under_way

    async def evaluate(self, pages: Iterable[Sequence[Watched]]) -> None:
        """Evaluate the operations of each page, the first pages first.

        Those of a page are evaluated in sequence, as they may share an answer, until one has an
        answer of its own.
        """
        self._tick += 1
        self._done.clear()
        self._waiting = deque(_Page(deque(page)) for page in pages)
        if not self._waiting:
            return
        try:
            self._start()
            async with asyncio.timeout(self._timeout):
                await self._done.wait()
        except TimeoutError:
            logger.warning("Some live answers take long: others are looked at meanwhile.")
        finally:
            self._waiting.clear()
            self._done.set()

    def _start(self) -> None:
        for _ in range(min(self._number - len(self._tasks), len(self._waiting))):
            task = asyncio.get_running_loop().create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        while self._waiting:
            page, tick = self._waiting.popleft(), self._tick
            watched = page.waiting.popleft()
            self._under_way[watched] = tick
            may_share = False
            try:
                others = page.waiting if page.is_new else ()
                may_share = await self._evaluate(watched, others)
            finally:
                del self._under_way[watched]
                # The rest of an earlier tick's page is found again by a later one.
                if page.waiting and tick == self._tick and not self._done.is_set():
                    self._put_back(page.waiting, may_share=may_share)
                if not self._waiting and self._tick not in self._under_way.values():
                    self._done.set()

    def _put_back(self, waiting: deque[Watched], *, may_share: bool) -> None:
        if may_share:
            self._waiting.appendleft(_Page(waiting, is_new=False))
        else:
            apart = (_Page(deque((one,)), is_new=False) for one in reversed(waiting))
            self._waiting.extendleft(apart)
            self._start()

    async def close(self) -> None:
        """Stop all evaluations."""
        self._waiting.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
