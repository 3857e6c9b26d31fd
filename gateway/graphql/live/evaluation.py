"""Evaluation: makes the answer of a watched operation, and sends it to its streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from gateway.auth.bearer import bearer_scope
from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.execution.basis import Evaluation
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.live.counts import LiveCounts
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.followed_credentials import FollowedCredentials
from gateway.graphql.live.frames import Frame, frame_of
from gateway.graphql.live.watched import Watched
from gateway.graphql.live.watched_operations import WatchedOperations
from gateway.graphql.refusals import OperationTimeout
from gateway.http.refusals import RequestRefused
from gateway.telemetry.record import RequestRecord

logger = logging.getLogger(__name__)

#: Streams that are sent a frame in one iteration of the event loop: each wakes a reader.
_SENT_AT_ONCE = 100
#: A failed evaluation is retried in the next tick, and then after a pause that doubles up to this.
_LONGEST_PAUSE_SECONDS = 60.0
_METHOD = "LIVE"


class OlderState(Exception):
    """The answer is of an older state than the one before, or its state is unknown."""


class _Beginning(NamedTuple):
    """When an evaluation begins: the day, and the loop's clock."""

    day: int
    seconds: float


class LiveEvaluation:
    """Evaluates watched operations, each at most once at a time.

    No token is forwarded for an answer: evaluations go on after the request that had one.
    """

    def __init__(
        self,
        queries: LiveQueries,
        changes: ChangeFeed,
        clock: Callable[[], datetime],
        operations: WatchedOperations,
        counts: LiveCounts,
        credentials: FollowedCredentials | None = None,
    ) -> None:
        self._queries = queries
        self._changes = changes
        self._clock = clock
        self._operations = operations
        self._counts = counts
        self._credentials = credentials
        self._has_failed = False
        self._last: tuple[CacheEntry, str, Frame] | None = None

    async def first(self, watched: Watched, record: RequestRecord) -> Frame:
        """The first answer for a new stream; other streams get it too if it is new to them.

        Its state is no older than the call. Raises as ``Executor.execute`` does.
        """
        async with watched.lock:
            has_caught_up = await self._changes.catch_up() is not None
            began = self._now()
            operation, viewer = watched.operation, watched.viewer
            evaluation = self._queries.cached(operation, viewer, record) if has_caught_up else None
            if evaluation is None:
                evaluation = await self._evaluated(watched, record)
            await self._check_credentials(viewer)
            frame = self._frame(watched, evaluation)
            if not watched.is_older(evaluation.basis, self._changes):
                await self._take(watched, evaluation, frame, began)
            return frame

    async def again(self, watched: Watched, others: Collection[Watched] = ()) -> bool:
        """Evaluate again; whether viewers with equal permissions may share the answer.

        A transient error sends nothing; any other ends the streams. These ``others`` are of the
        same page and out of date, too: their permissions are read together.
        """
        may_share = False
        try:
            may_share = await self._again(watched)
        except RequestRefused as refusal:
            if isinstance(refusal, OperationTimeout):
                self._failed(watched, refusal)
            else:
                for stream in tuple(watched.streams):
                    stream.end(refusal)
        except Unauthenticated:
            for stream in tuple(watched.streams):
                stream.end(CredentialsOver())
        except Exception as error:
            self._failed(watched, error)
        if may_share and len(others) > 1:
            await self._warm(watched, others)
        return may_share

    async def _warm(self, watched: Watched, others: Collection[Watched]) -> None:
        try:
            await self._queries.warm(watched.operation, [one.viewer for one in others])
        except Unavailable:
            return  # then each is evaluated by itself
        await self._changes.catch_up()

    async def _again(self, watched: Watched) -> bool:
        async with watched.lock:
            if not watched.streams:
                return True
            record = RequestRecord("", _METHOD)
            record.client = watched.client
            began = self._now()
            operation, viewer = watched.operation, watched.viewer
            evaluation = self._queries.cached(operation, viewer, record)
            if evaluation is None:
                self._counts.executed += 1
                evaluation = await self._evaluated(watched, record, again=True)
            await self._check_credentials(viewer)
            if watched.is_older(evaluation.basis, self._changes):
                raise OlderState
            before = watched.digest
            await self._take(watched, evaluation, self._frame(watched, evaluation), began)
            if watched.digest == before:
                self._counts.unchanged += 1
            else:
                self._counts.changed += 1
            self._worked(watched)
            return not evaluation.is_personal

    async def _evaluated(
        self, watched: Watched, record: RequestRecord, *, again: bool = False
    ) -> Evaluation:
        # No token is forwarded for a live answer, which is read again after the request.
        with bearer_scope(), _timed(watched):
            operation, viewer = watched.operation, watched.viewer
            return await self._queries.evaluate(operation, viewer, record, again=again)

    async def _check_credentials(self, viewer: Viewer) -> None:
        """End the viewer's streams whose credentials were over before the answer was read.

        CredentialsOver for an API key that was revoked. Whether volunteers were erased is checked
        by the execution itself.
        """
        if self._credentials is None or viewer.is_anonymous:
            return
        if viewer.api_key_id is not None:
            await self._changes.catch_up()
        await self._credentials.check_of(viewer)

    def _now(self) -> _Beginning:
        return _Beginning(today(self._clock()), asyncio.get_running_loop().time())

    def _frame(self, watched: Watched, evaluation: Evaluation) -> Frame:
        key, answer = watched.operation.live_key, evaluation.answer
        assert key is not None  # noqa: S101 - it is live
        if answer.entry is None:
            return frame_of(answer, key, evaluation.basis.position)
        # One cached answer is that of many watched operations, one after the other.
        if self._last is None or self._last[:2] != (answer.entry, key):
            frame = frame_of(answer, key, evaluation.basis.position)
            self._last = answer.entry, key, frame
        frame = self._last[2]
        frame.also_holds_at(evaluation.basis.position)
        return frame

    async def _take(
        self, watched: Watched, evaluation: Evaluation, frame: Frame, began: _Beginning
    ) -> None:
        """Set the newest answer, and send it; the lock is held."""
        with self._operations.resized(watched):
            watched.rest_on(evaluation.basis, *began, room=self._operations.room)
        for number, stream in enumerate(watched.receivers(frame), start=1):
            stream.send(frame)
            if number % _SENT_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _failed(self, watched: Watched, error: Exception) -> None:
        self._counts.failed += 1
        if watched.failures:
            pause = min(2.0 ** (watched.failures - 1), _LONGEST_PAUSE_SECONDS)
            watched.not_before = asyncio.get_running_loop().time() + pause
        watched.failures += 1
        # The database logs its own failures; of others in a row only the first is logged.
        if self._has_failed or isinstance(error, OlderState):
            return
        self._has_failed = True
        if isinstance(error, Unavailable | OperationTimeout):
            logger.warning("A live answer was not evaluated, and is tried again: %s", error.message)
        else:
            logger.error("A live answer was not evaluated, and is tried again.", exc_info=error)

    def _worked(self, watched: Watched) -> None:
        watched.failures, watched.not_before = 0, 0.0
        self._has_failed = False


@contextmanager
def _timed(watched: Watched) -> Iterator[None]:
    began = asyncio.get_running_loop().time()
    try:
        yield
    finally:
        watched.took = asyncio.get_running_loop().time() - began
