"""ERAS endpoint of one resource, and the order of the checks of a request.

Parameters first (400), then whether the group exists (404), then credentials and visibility (403):
clients of ERAS distinguish their errors by this order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import Unauthenticated, Unavailable
from gateway.http.response import json_response
from gateway.loaders.operation import Operation
from gateway.loaders.reading_anew import read_anew_if_lost
from gateway.rest.eras.query import read_query
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.rows import Json
from gateway.rest.eras.signed_out import drop_empty_token
from gateway.rest.reading import ReadEndpoint
from gateway.rest.sentence import DescribeError
from gateway.telemetry.record import RequestRecord, record_of

Query = TypeVar("Query")

#: Identifies the viewer by the header lines (names in lower case), or raises Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Operation]]


class ResourceEndpoint(ReadEndpoint, Generic[Query]):
    """Endpoint of one resource; an answer may take ``timeout_seconds``."""

    def __init__(
        self,
        resource: Resource[Query],
        identify: IdentifyViewer,
        open_operation: OpenOperation,
        describe: DescribeError,
        timeout_seconds: float,
    ) -> None:
        super().__init__(describe)
        self._resource = resource
        self._names = frozenset(parameter.name for parameter in resource.parameters)
        self._identify = identify
        self._open_operation = open_operation
        self._timeout_seconds = timeout_seconds

    async def respond(self, request: Request) -> Response:
        given = read_query(request.scope["query_string"], self._names)
        query = self._resource.read({**given, **request.path_params})
        return json_response(await self._answer_in_time(request, query), 200)

    async def _answer_in_time(self, request: Request, query: Query) -> Json:
        try:
            async with asyncio.timeout(self._timeout_seconds) as deadline:
                return await self._answer(request, query)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable(
                f"The answer took longer than {self._timeout_seconds:g} seconds."
            ) from None

    async def _answer(self, request: Request, query: Query) -> Json:
        refusal = None
        try:
            viewer = await self._identify(drop_empty_token(request.headers.items()))
        except Unauthenticated as error:
            viewer, refusal = ANONYMOUS, error
        record = record_of(request.scope)
        record.viewer = viewer.kind

        async def answer() -> Json:
            async with self._open_operation(viewer, record) as operation:
                await self._resource.require_existing(operation, query)
                if refusal is not None:
                    raise refusal
                return await self._resource.answer(operation, query)

        return await read_anew_if_lost(record, answer)
