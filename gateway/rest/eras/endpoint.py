"""The endpoint of one resource, and the order in which a request for it is checked.

Parameters first (400), then whether the group exists (404), then credentials and visibility (403):
clients of ERAS tell their faults apart by this order.
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
from gateway.rest.eras.signed_out import without_no_token
from gateway.rest.reading import ReadEndpoint
from gateway.rest.sentence import DescribeError
from gateway.telemetry.record import RequestRecord, record_of

Asked = TypeVar("Asked")

#: The viewer that a request's header lines (names in lower case) stand for, or Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Operation]]


class ResourceEndpoint(ReadEndpoint, Generic[Asked]):
    """The endpoint of one resource; an answer may take ``timeout_seconds``."""

    def __init__(
        self,
        resource: Resource[Asked],
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
        asked = self._resource.read({**given, **request.path_params})
        return json_response(await self._answer_in_time(request, asked), 200)

    async def _answer_in_time(self, request: Request, asked: Asked) -> Json:
        try:
            async with asyncio.timeout(self._timeout_seconds) as deadline:
                return await self._answer(request, asked)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable(
                f"The answer took longer than {self._timeout_seconds:g} seconds."
            ) from None

    async def _answer(self, request: Request, asked: Asked) -> Json:
        refusal = None
        try:
            viewer = await self._identify(without_no_token(request.headers.items()))
        except Unauthenticated as error:
            viewer, refusal = ANONYMOUS, error
        record = record_of(request.scope)
        record.viewer = viewer.kind

        async def answer() -> Json:
            async with self._open_operation(viewer, record) as operation:
                await self._resource.require_existing(operation, asked)
                if refusal is not None:
                    raise refusal
                return await self._resource.answer(operation, asked)

        return await read_anew_if_lost(record, answer)
