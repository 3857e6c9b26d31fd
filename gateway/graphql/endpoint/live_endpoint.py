"""Live endpoint: opens the stream of a subscription for an HTTP request."""

from __future__ import annotations

from contextlib import ExitStack

from starlette.requests import Request

from gateway.auth.viewer import Viewer
from gateway.errors import Unavailable
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.endpoint.identify import credentials_of
from gateway.graphql.endpoint.live_response import LiveResponse, StreamTimes
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.masking import ErrorMask
from gateway.http.connections import Connections
from gateway.http.consistency_headers import seen_of
from gateway.http.consistent_reads import ConsistentReads
from gateway.http.event_stream import EventStream
from gateway.http.media import EVENT_STREAM
from gateway.http.stream_form import StreamForm
from gateway.http.subscription_parts import SubscriptionParts
from gateway.telemetry.record import RequestRecord, Result


class LiveEndpoint:
    """Opens the stream of a subscription; ignores other operations.

    With ``reads`` each answer has a consistency token, if the request had one.
    """

    def __init__(
        self,
        queries: LiveQueries,
        live: LiveAnswers,
        mask: ErrorMask,
        times: StreamTimes,
        connections: Connections,
        reads: ConsistentReads | None = None,
    ) -> None:
        self._queries = queries
        self._live = live
        self._mask = mask
        self._times = times
        self._connections = connections
        self._reads = reads

    async def open(
        self,
        request: Request,
        parsed: GraphQLRequest,
        media: str,
        viewer: Viewer,
        record: RequestRecord,
    ) -> LiveResponse | Answer | None:
        """Open the stream, or return the errors that refuse it; None if it is no subscription.

        ``media`` is the media type of the stream. Raises as ``LiveAnswers.open`` does.
        """
        if not await self._queries.is_subscription(parsed, viewer, record):
            return None
        with ExitStack() as stack:
            try:
                self._connections.hold()
            except Unavailable:
                await self._queries.charge_refused(parsed, viewer, record)
                raise
            stack.callback(self._connections.release)
            seen, extensions_at = seen_of(request.scope), None
            if seen is not None and self._reads is not None:
                extensions_at = await self._reads.state_extensions(seen)
            credentials = credentials_of(request.scope)
            opened = await self._live.open(parsed, viewer, credentials, record)
            if isinstance(opened, Answer):
                return opened
            # From here on nothing is awaited.
            stack.pop_all()
        opened.when_over(self._connections.release)
        opened.extensions_at = extensions_at
        record.result = Result.OK
        form: StreamForm = SubscriptionParts()
        if media == EVENT_STREAM:
            form = EventStream(by_browser=request.method == "GET")
        return LiveResponse(opened, form, self._times, self._mask, record)
