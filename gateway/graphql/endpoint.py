"""The endpoint: GraphQL over HTTP, and the pages for browsers at the same address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth.viewer import Viewer
from gateway.errors import Forbidden
from gateway.graphql.execute import Executor
from gateway.graphql.masking import ErrorMask
from gateway.graphql.pages import Pages
from gateway.graphql.refusals import OperationTypeRefused
from gateway.graphql.request import read_get, read_post
from gateway.graphql.response import answered, refused
from gateway.http.media import GRAPHQL, HTML, JSON, negotiate
from gateway.http.refusals import BadRequest, MethodNotAllowed, NotAcceptable

#: The viewer that a request's header lines (names in lower case) stand for, or Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]

_ANSWERS = (JSON, GRAPHQL)
_METHODS = ("GET", "POST")
#: A link must not change anything, so GET runs queries only.
_ALLOWED = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}


class GraphQLEndpoint:
    """An ASGI application for one path; ``body_limit`` is in bytes."""

    def __init__(
        self,
        executor: Executor,
        identify: IdentifyViewer,
        mask: ErrorMask,
        pages: Pages,
        body_limit: int,
    ) -> None:
        self._executor = executor
        self._identify = identify
        self._mask = mask
        self._pages = pages
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        if self._wants_page(request, accept):
            return self._pages.document(request)
        media = negotiate(accept, _ANSWERS)
        try:
            if media is None:
                raise NotAcceptable(f"Answers are written as {' or '.join(_ANSWERS)}.")
            return await self._answer(request, media)
        except ClientDisconnect:
            raise
        except Exception as error:
            return refused(self._mask.unexpected(error), error, media or JSON)

    def _wants_page(self, request: Request, accept: str | None) -> bool:
        return (
            request.method == "GET"
            and "query" not in request.query_params
            and negotiate(accept, (*_ANSWERS, HTML)) == HTML
        )

    async def _answer(self, request: Request, media: str) -> Response:
        if request.method not in _METHODS:
            raise MethodNotAllowed("Send queries by GET or POST, mutations by POST.", _METHODS)
        viewer = await self._identify(request.headers.items())
        if request.method == "GET":
            parsed = read_get(request)
        else:
            parsed = await read_post(request, self._body_limit)
        try:
            allowed = _ALLOWED["GET" if viewer.only_reads else request.method]
            answer = await self._executor.execute(parsed, viewer, allowed)
        except OperationTypeRefused as error:
            kind = error.kind
            if OperationType(kind) in _ALLOWED[request.method]:
                raise Forbidden(f"An API key only reads: it may not send a {kind}.") from None
            if request.method == "GET":
                raise MethodNotAllowed(f"A {kind} is not sent by GET.", ("POST",)) from None
            raise BadRequest(f"No {kind} is served here.") from None
        return answered(answer, media)
