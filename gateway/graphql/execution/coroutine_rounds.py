"""Coroutine rounds: runs the coroutines of resolvers together, in the task of their operation.

In a round each coroutine runs until it waits. When all of them wait, their loaders answer all of
them together, and the next round begins.
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import _enter_task, _leave_task
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.level_values import LevelValues
from gateway.graphql.execution.production import WORK_OF_A_CALL, Production


@dataclass(slots=True, eq=False)
class _Running:
    """A coroutine, and the index of its result among the values: a slice for a batched field."""

    coroutine: Coroutine[Any, Any, Any]
    values: LevelValues
    index: int | slice
    #: What it waits for.
    future: Any = None


class CoroutineRounds:
    """Runs the coroutines of one execution."""

    def __init__(self, production: Production) -> None:
        self._production = production
        self._loop = asyncio.get_running_loop()
        #: Coroutines that can run, and those that wait.
        self._runnable: deque[_Running] = deque()
        self._waiting: list[_Running] = []

    def begin(
        self, coroutine: Coroutine[Any, Any, Any], values: LevelValues, index: int | slice
    ) -> None:
        """Let a coroutine run in the next round; its result belongs to the values."""
        values.unfinished += 1
        self._runnable.append(_Running(coroutine, values, index))

    async def run(self, finish: Callable[[LevelValues], Awaitable[None]]) -> None:
        """Run rounds until all is done; ``finish`` gets values once they are whole.

        Fallback for what needs a task of its own.
        """
        while self._runnable:
            await self._go_on(finish)
            await _all_done(self._waiting)
            self._runnable.extend(self._waiting)
            self._waiting.clear()

    def close(self) -> None:
        """Close the coroutines that have not ended."""
        for one in (*self._runnable, *self._waiting):
            one.coroutine.close()

    async def _go_on(self, finish: Callable[[LevelValues], Awaitable[None]]) -> None:
        """Let coroutines run until all of them wait."""
        while self._runnable:
            for values in self._run_until_due():
                await finish(values)
            await self._production.yield_if_due()

    def _run_until_due(self) -> list[LevelValues]:
        """Let coroutines run until yielding is due; the values that are whole now."""
        whole = []
        task: Any = asyncio.current_task()
        # What acts on the current task, such as a timeout, must not get that of the operation.
        _leave_task(self._loop, task)
        try:
            while self._runnable:
                one = self._runnable.popleft()
                self._step(one)
                if not one.values.unfinished:
                    whole.append(one.values)
                self._production.work(WORK_OF_A_CALL)
                if self._production.due:
                    break
        finally:
            _enter_task(self._loop, task)
        return whole

    def _step(self, one: _Running) -> None:
        try:
            future = one.coroutine.send(None)
        except StopIteration as done:
            one.values.take(one.index, done.value, self._production)
        except Exception as error:
            one.values.fail(one.index, error)
        else:
            self._waiting.append(one)
            one.future = future
            if future is not None:
                # As a task does when it takes the future that its coroutine waits for.
                if getattr(future, "_asyncio_future_blocking", None) is None:
                    raise Fallback
                future._asyncio_future_blocking = False
            return
        one.values.unfinished -= 1


async def _all_done(waiting: list[_Running]) -> None:
    """Wait until every future is done, whatever came of it."""
    if any(one.future is None for one in waiting):
        await asyncio.sleep(0)
    for one in waiting:
        while one.future is not None and not one.future.done():
            try:
                await one.future
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
            except Exception:  # noqa: S110 - its coroutine meets it when it goes on
                pass
