"""Live answers: evaluates what is watched again when something that it has read has changed.

One look at the change log a tick tells what has changed; a live query is evaluated once for all
who watch the same with the same rights.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

import orjson

from gateway.auth.credentials import CREDENTIAL_HEADERS
from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.basis import Basis
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.live.followed_credentials import FollowedCredentials, Identify
from gateway.graphql.live.frames import frame_of
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord

logger = logging.getLogger(__name__)


class _Key(NamedTuple):
    """What is watched, and by whom."""

    digest: str
    operation_name: str | None
    variables: bytes
    viewer: Viewer


class _Watched:
    """A live query of one viewer, and the streams that follow it."""

    def __init__(self, ready: PreparedOperation, viewer: Viewer) -> None:
        self.ready = ready
        self.viewer = viewer
        self.streams: set[LiveStream] = set()
        self.basis: Basis | None = None
        self.day = 0
        self.frame: bytes | None = None


class LiveAnswers:
    """An async context manager; ``seconds`` are between the beginnings of two ticks.

    ``identify`` tells whose credentials are; without it none are followed.
    """

    def __init__(
        self,
        executor: Executor,
        changes: ChangeFeed,
        clock: Callable[[], datetime],
        seconds: float,
        identify: Identify | None = None,
    ) -> None:
        self._credentials = None if identify is None else FollowedCredentials(identify)
        self._executor = executor
        self._changes = changes
        self._clock = clock
        self._seconds = seconds
        self._watched: dict[_Key, _Watched] = {}
        self._ticking: asyncio.Task[None] | None = None

    async def open(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        credentials: Iterable[tuple[str, str]],
        record: RequestRecord,
    ) -> LiveStream | Answer:
        """The stream of a subscription, whose first frame is there already, or what refuses it.

        ``credentials`` are header lines, as ``Authenticator.identify`` takes them. Raises as
        ``Executor.execute`` does.
        """
        ready = await self._executor.open_live(request, viewer, record)
        if not isinstance(ready, PreparedOperation):
            return ready
        asked = orjson.dumps(ready.request.variables or {}, option=orjson.OPT_SORT_KEYS)
        key = _Key(ready.prepared.digest, ready.request.operation_name, asked, viewer)
        watched = self._watched.get(key)
        if watched is None:
            watched = _Watched(ready, viewer)

        followed = self._credentials
        sent = tuple(line for line in credentials if line[0] in CREDENTIAL_HEADERS)

        def leave(stream: LiveStream) -> None:
            if followed is not None:
                followed.leave(sent, viewer, stream)
            watched.streams.discard(stream)
            if not watched.streams and self._watched.get(key) is watched:
                del self._watched[key]

        stream = LiveStream(leave)
        await self._evaluate(watched)
        self._watched[key] = watched
        watched.streams.add(stream)
        if followed is not None:
            followed.follow(sent, viewer, stream)
        if watched.frame is not None:
            stream.send(watched.frame)
        return stream

    async def _evaluate(self, watched: _Watched) -> None:
        assert watched.ready.live_key is not None  # noqa: S101 - it is live
        record = RequestRecord("", "LIVE")
        day = today(self._clock())
        answer, watched.basis = await self._executor.evaluate(watched.ready, watched.viewer, record)
        watched.day = day
        frame = frame_of(answer, watched.ready.live_key)
        if frame != watched.frame:
            watched.frame = frame
            for stream in tuple(watched.streams):
                stream.send(frame)

    def _holds(self, watched: _Watched) -> bool:
        basis = watched.basis
        return (
            basis is not None
            and basis.cacheable
            and basis.position is not None
            and watched.day == today(self._clock())
            and self._changes.holds(basis.entities, basis.position)
        )

    async def tick(self) -> None:
        """Look once: end what is over, evaluate what has changed, send what differs."""
        await self._changes.catch_up()
        if self._credentials is not None:
            await self._credentials.check()
        for watched in list(self._watched.values()):
            if not self._holds(watched):
                await self._evaluate(watched)

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            if not self._watched:
                continue
            try:
                await self.tick()
            except Exception:
                logger.exception("A tick of live answers failed.")

    async def __aenter__(self) -> Self:
        self._ticking = asyncio.create_task(self._ticks())
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
        for watched in list(self._watched.values()):
            for stream in tuple(watched.streams):
                stream.end()
