"""Live answers: subscriptions whose answers are sent again when they change.

Each tick reads the change log once, and finds which answers are out of date. Only these are
evaluated again, once for all viewers with the same permissions, and sent if they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from gateway.auth.revocations import Revocations
from gateway.auth.viewer import Viewer
from gateway.changes.feed import ChangeFeed
from gateway.errors import GatewayError
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.live.counts import LiveCounts
from gateway.graphql.live.evaluation import LiveEvaluation
from gateway.graphql.live.followed_credentials import FollowedCredentials
from gateway.graphql.live.limits import LiveLimits
from gateway.graphql.live.stopping import Stopping
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.live.ticks import Ticks
from gateway.graphql.live.unread_frames import UnreadFrames
from gateway.graphql.live.watched_operations import WatchedOperations
from gateway.telemetry.record import RequestRecord


class LiveAnswers:
    """Opens live streams (an async context manager); ``seconds`` are between two ticks' beginnings.

    Ticks are further apart when there is much to do: at most the part ``share`` of the time is
    spent in them. ``connections`` is how many evaluations there are at once; ``capacity`` bounds
    the bytes of watched operations, and those of unread frames. ``revocations`` finds which
    credentials are over; without it none are followed. ``limits`` bound how many live
    operations there are.
    """

    def __init__(
        self,
        queries: LiveQueries,
        changes: ChangeFeed,
        clock: Callable[[], datetime],
        seconds: float,
        revocations: Revocations | None = None,
        *,
        limits: LiveLimits | None = None,
        connections: int = 2,
        share: float = 0.5,
        capacity: int = 67_108_864,
    ) -> None:
        self._queries = queries
        self._credentials = None if revocations is None else FollowedCredentials(revocations)
        self._limits = limits
        self._operations = WatchedOperations(capacity)
        self._unread = UnreadFrames(capacity)
        self._stopping = Stopping(self._operations)
        self.counts = LiveCounts(self._operations, self._unread)
        self._evaluation = LiveEvaluation(
            queries, changes, clock, self._operations, self.counts, self._credentials
        )
        self._ticks = Ticks(
            changes,
            clock,
            self._operations,
            self._credentials,
            self._evaluation.again,
            self.counts,
            seconds=seconds,
            share=share,
            number=connections,
        )

    async def open(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        credentials: Iterable[tuple[str, str]],
        record: RequestRecord,
    ) -> LiveStream | Answer:
        """Open the stream of a subscription, with its first frame, or return what refuses it.

        ``credentials`` are the header lines by which ``Authenticator`` has identified the viewer.
        Raises as ``Executor.execute`` does, TooManyLiveOperations, and Unavailable if there is
        no slot or the server is about to stop.
        """
        self._stopping.check()
        slot = None
        with ExitStack() as stack:
            if self._limits is not None:
                try:
                    slot = await self._limits.take(viewer, record.client)
                except GatewayError:
                    await self._queries.charge_refused(request, viewer, record)
                    raise
                stack.callback(slot.release)
            operation = await self._queries.open(request, viewer, record)
            if not isinstance(operation, PreparedOperation):
                return operation
            grant = None
            if self._credentials is not None:
                grant = self._credentials.grant(credentials, viewer)
            with self._operations.used(operation, viewer, record.client) as watched:
                frame = await self._evaluation.first(watched, record)
                self._stopping.check()
                # From here on nothing is awaited.
                stack.pop_all()
                stream = LiveStream(self._unread)
                if slot is not None:
                    stream.when_over(slot.release)
                stream.when_over(self._operations.follow(watched, stream))
                if self._credentials is not None and grant is not None:
                    stream.when_over(self._credentials.follow(grant, stream))
                stream.send(frame)
                return stream

    async def tick(self) -> None:
        """Run a tick: end streams that are over, and send answers that have changed."""
        await self._ticks.tick()

    def stop(self, seconds: float) -> None:
        """End all streams within so many seconds, and refuse new ones: the server stops then."""
        self._stopping.begin(seconds)

    async def __aenter__(self) -> Self:
        await self._ticks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(0)
        await self._ticks.__aexit__(kind, error, trace)
