"""GraphQL endpoint: GraphQL over HTTP, and the pages for browsers at the same address."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.auth.viewer import Viewer
from gateway.errors import Forbidden
from gateway.graphql.documents.request import GraphQLRequest, read_get, read_post
from gateway.graphql.endpoint.batch import answer_batch, note_answers
from gateway.graphql.endpoint.caching import SAFE_METHODS, Conditions
from gateway.graphql.endpoint.identify import IdentifyViewer, identified_viewer
from gateway.graphql.endpoint.live_endpoint import LiveEndpoint
from gateway.graphql.endpoint.live_response import LiveResponse
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.endpoint.request_memo import memoized_request
from gateway.graphql.endpoint.response import answered, answered_each, refused
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import OperationTypeRefused
from gateway.http.connection import while_connected
from gateway.http.media import (
    EVENT_STREAM,
    GRAPHQL,
    HTML,
    JSON,
    accepts_parts,
    negotiate,
    negotiate_stream,
)
from gateway.http.multipart import MultipartResponse
from gateway.http.refusals import BadRequest, MethodNotAllowed, NotAcceptable
from gateway.telemetry.record import RequestRecord, Result, record_of

_ANSWERS = (JSON, GRAPHQL)
_FORMS = (*_ANSWERS, EVENT_STREAM)
#: Parameters of which a request for an answer has one.
_SENT = frozenset({"query", "documentId", "extensions"})
_METHODS = ("GET", "HEAD", "POST")
#: A link must not change anything, so GET runs queries only.
_ALLOWED = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}
#: A subscription has many answers, and one response of JSON has one.
_NOT_ONCE = (
    "A subscription needs Accept: text/event-stream, Accept: multipart/mixed with "
    "subscriptionSpec=1.0, or a WebSocket with the subprotocol graphql-transport-ws."
)
_NOT_IN_BATCH = "A batch cannot hold a subscription: send it in a request of its own."


class GraphQLEndpoint:
    """An ASGI application for one path; ``body_limit`` is in bytes.

    ``batch_limit`` is how many operations one request may hold; 0 refuses batches. Their answers
    have up to ``batch_bytes`` together. With ``part_seconds`` an operation may be answered in
    parts, each of which the client has to take in that time. ``live`` answers subscriptions.
    """

    def __init__(
        self,
        executor: Executor,
        identify: IdentifyViewer,
        mask: ErrorMask,
        pages: Pages,
        body_limit: int,
        *,
        batch_limit: int = 0,
        batch_bytes: float = math.inf,
        part_seconds: float | None = None,
        live: LiveEndpoint | None = None,
    ) -> None:
        self._executor = executor
        self._identify = identify
        self._mask = mask
        self._pages = pages
        self._body_limit = body_limit
        self._batch_limit = batch_limit
        self._batch_bytes = batch_bytes
        self._part_seconds = part_seconds
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # The client has disconnected.
        with suppress(ClientDisconnect):
            response = await self._respond(request)
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        accept = request.headers.get("accept")
        if self._wants_page(request, accept):
            return self._pages.document(request)
        media = negotiate(accept, _FORMS)
        record = record_of(request.scope)
        if media is None and (
            (self._part_seconds is not None and accepts_parts(accept)) or negotiate_stream(accept)
        ):
            # An answer in one part is plain JSON, as each part would be.
            media = JSON
        try:
            if media is None:
                raise NotAcceptable(f"The Accept header must allow {' or '.join(_ANSWERS)}.")
            return await self._answer(request, media, record)
        except ClientDisconnect:
            raise
        except Exception as error:
            record.end()
            formatted = self._mask.unexpected(error)
            record.note_error(formatted["extensions"]["code"], error)
            response = refused(formatted, error, media or JSON)
            record.result = Result.FAILED if response.status_code >= 500 else Result.REFUSED
            return response

    def _wants_page(self, request: Request, accept: str | None) -> bool:
        return (
            request.method in SAFE_METHODS
            and _SENT.isdisjoint(request.query_params)
            and negotiate(accept, (*_ANSWERS, HTML)) == HTML
        )

    async def _answer(self, request: Request, media: str, record: RequestRecord) -> ASGIApp:
        if request.method not in _METHODS:
            raise MethodNotAllowed("Send queries by GET or POST, mutations by POST.", _METHODS)
        # A HEAD is a GET of which the server sends the header alone.
        method = "GET" if request.method in SAFE_METHODS else request.method
        viewer = await identified_viewer(request.scope, self._identify)
        parsed: GraphQLRequest | list[GraphQLRequest]
        if method == "GET":
            parsed = read_get(request)
        else:
            parsed = await read_post(request, self._body_limit, self._batch_limit)
        caller = _Caller(viewer, _ALLOWED["GET" if viewer.only_reads else method], record)
        record.viewer = viewer.kind
        record.shows_timing = viewer.is_site_admin
        conditions = Conditions.of(request, viewer, media)
        with _kinds_refused(method):
            if isinstance(parsed, list):
                return await self._answer_batch(request, parsed, caller, conditions)
            return await self._answer_one(request, parsed, caller, conditions)

    async def _answer_batch(
        self,
        request: Request,
        operations: list[GraphQLRequest],
        caller: _Caller,
        conditions: Conditions,
    ) -> ASGIApp:
        if conditions.media == EVENT_STREAM:
            raise NotAcceptable(f"A batch is answered as {' or '.join(_ANSWERS)}.")
        each = [partial(self._execute, one, caller, request.method) for one in operations]
        work = answer_batch(each, self._batch_bytes, self._mask, caller.record)
        answers, texts = await while_connected(request.receive, work)
        self._memorize(request, conditions, answers, is_batch=True)
        with _serialising(caller.record):
            has_secret = any(one.has_secret for one in answers)
            return answered_each(texts, conditions.media, has_secret=has_secret)

    async def _answer_one(
        self, request: Request, operation: GraphQLRequest, caller: _Caller, conditions: Conditions
    ) -> ASGIApp:
        accept = request.headers.get("accept")
        stream = None if self._live is None else negotiate_stream(accept)
        answer: Answer | LiveResponse | None = None
        if self._live is not None and stream is not None:
            opening = self._live.open(request, operation, stream, caller.viewer, caller.record)
            answer = await while_connected(request.receive, opening)
        if isinstance(answer, LiveResponse):
            return answer
        if answer is None and self._part_seconds is not None and accepts_parts(accept):
            parts = self._executor.stream(operation, *caller)
            answer = await while_connected(request.receive, anext(parts))
            if answer.get("hasNext"):
                note_answers(caller.record, answer)
                return MultipartResponse(answer, parts, self._part_seconds)
            await parts.aclose()
        elif answer is None:
            alone = self._executor.execute(operation, *caller)
            answer = await while_connected(request.receive, alone)
            self._memorize(request, conditions, [answer], is_batch=False)
        note_answers(caller.record, answer)
        with _serialising(caller.record):
            return await answered(answer, conditions)

    def _memorize(
        self, request: Request, conditions: Conditions, answers: list[Answer], *, is_batch: bool
    ) -> None:
        memoized = memoized_request(request.scope)
        if memoized is not None and conditions.media != EVENT_STREAM:
            memoized.store(conditions, answers, is_batch=is_batch)

    async def _execute(self, operation: GraphQLRequest, caller: _Caller, method: str) -> Answer:
        with _kinds_refused(method, in_batch=True):
            return await self._executor.execute(operation, *caller)


class _Caller(NamedTuple):
    """The caller of operations: the viewer, the operation types it may use, and the record."""

    viewer: Viewer
    allowed: Collection[OperationType]
    record: RequestRecord


@contextmanager
def _serialising(record: RequestRecord) -> Iterator[None]:
    record.begin("serialise")
    yield
    record.end()


@contextmanager
def _kinds_refused(method: str, *, in_batch: bool = False) -> Iterator[None]:
    """Raise the refusal of an operation type, as it is for this method."""
    try:
        yield
    except OperationTypeRefused as error:
        kind = OperationType(error.kind)
        if kind is OperationType.SUBSCRIPTION:
            raise BadRequest(_NOT_IN_BATCH) if in_batch else NotAcceptable(_NOT_ONCE) from None
        if kind in _ALLOWED[method]:
            raise Forbidden(f"An API key can only read: it may not send a {error.kind}.") from None
        raise MethodNotAllowed(
            f"A {error.kind} cannot be sent by GET: use POST.", ("POST",)
        ) from None
