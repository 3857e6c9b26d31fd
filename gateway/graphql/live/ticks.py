"""Ticks: look for changes at intervals, and evaluate what is out of date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.graphql.live.counts import LiveCounts
from gateway.graphql.live.evaluators import Evaluate, Evaluators
from gateway.graphql.live.followed_credentials import FollowedCredentials
from gateway.graphql.live.watched import Now, Watched
from gateway.graphql.live.watched_operations import WatchedOperations

logger = logging.getLogger(__name__)


class Ticks:
    """Runs ticks (an async context manager), one every so many ``seconds``.

    There are fewer when there is much to do: at most the part ``share`` of the time is spent in
    them. ``number`` is how many evaluations there are at once.
    """

    def __init__(
        self,
        changes: ChangeFeed,
        clock: Callable[[], datetime],
        operations: WatchedOperations,
        credentials: FollowedCredentials | None,
        evaluate: Evaluate,
        counts: LiveCounts,
        *,
        seconds: float,
        share: float,
        number: int,
    ) -> None:
        self._changes = changes
        self._clock = clock
        self._operations = operations
        self._credentials = credentials
        self._counts = counts
        self._seconds = seconds
        self._share = share
        self._evaluators = Evaluators(number, evaluate)
        self._last_position: LogPosition | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def tick(self) -> None:
        """Run a tick: end streams that are over, and evaluate what is out of date.

        If the change log cannot be read, nothing is evaluated.
        """
        began = asyncio.get_running_loop().time()
        try:
            caught_up = await self._changes.catch_up()
            if self._credentials is not None:
                await self._credentials.check()
            if caught_up is not None:
                await self._evaluators.evaluate(self._out_of_date())
        finally:
            self._counts.ticks += 1
            self._counts.tick_seconds += asyncio.get_running_loop().time() - began

    def _out_of_date(self) -> list[Sequence[Watched]]:
        """The operations that are out of date, by page: the most urgent first."""
        now = self._now()
        if now is None:
            return []
        found = [
            [watched for watched in page if not self._holds(watched, now)]
            for page in self._operations.pages()
        ]
        pages = [page for page in found if page]
        pages.sort(key=lambda page: page[0].urgency(now.seconds), reverse=True)
        return list(pages)

    def _now(self) -> Now | None:
        position = self._changes.position
        if position is None:
            return None
        before, self._last_position = self._last_position, position
        changed = None if before is None else self._changes.changed_since(before)
        seconds = asyncio.get_running_loop().time()
        return Now(position, before, changed, today(self._clock()), seconds)

    def _holds(self, watched: Watched, now: Now) -> bool:
        """Whether the operation need not be evaluated now."""
        if watched.holds(now, self._changes):
            return not watched.has_missed_some()
        return now.seconds < watched.not_before or self._evaluators.has(watched)

    async def _tick_for_ever(self) -> None:
        pause = self._seconds
        while True:
            await asyncio.sleep(pause)
            pause = self._seconds
            if not len(self._operations):
                continue
            began = asyncio.get_running_loop().time()
            try:
                await self.tick()
            except Exception:
                logger.exception("A tick of live answers failed.")
            worked = asyncio.get_running_loop().time() - began
            pause = pause_after(worked, self._seconds, self._share)

    async def __aenter__(self) -> Self:
        self._ticking = asyncio.get_running_loop().create_task(self._tick_for_ever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])
        await self._evaluators.close()


def pause_after(worked: float, seconds: float, share: float) -> float:
    """The pause after a tick that took so long: at least as long as the rest of its share."""
    return max(seconds - worked, worked * (1 - share) / share)
