"""Yielding to the loop, of which all operations of a process share one count."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gateway.yielding import Yielding


async def test_a_turn_ends_for_all_operations_of_the_process() -> None:
    yielding, done = Yielding(10), []

    async def operation(name: str) -> None:
        for _ in range(3):
            await yielding.yield_if_due()
            yielding.work(10)
            done.append((name, tick))

    tick = 0
    running = [asyncio.create_task(operation(name)) for name in "abc"]
    while not all(one.done() for one in running):
        await asyncio.sleep(0)
        tick += 1
    assert max(Counter(at for _, at in done).values()) == 1
    assert len(done) == 9


async def test_those_who_wait_are_not_woken_again_and_again() -> None:
    """Each turn of many waiting would take longer than the turn itself: 2,000 wait here."""
    yielding, woken = Yielding(10), 0

    class Woken:
        """Counts how often a coroutine goes on."""

        def __init__(self) -> None:
            self._work = work()

        def __await__(self) -> Iterator[Any]:
            nonlocal woken
            for waited in self._work.__await__():
                yield waited
                woken += 1

    async def work() -> None:
        await yielding.yield_if_due()
        yielding.work(10)

    async def wait() -> None:
        await Woken()

    yielding.work(10)
    waiting = [asyncio.create_task(wait()) for _ in range(2000)]
    waiting.pop(1000).cancel()
    await asyncio.gather(*waiting)
    # Each turn one of them works, and all it wakes beside is bounded, however many wait.
    assert woken <= 101 * 2000
