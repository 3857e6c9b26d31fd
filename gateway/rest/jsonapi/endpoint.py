"""JSON:API endpoint of one path, and the order of the checks of a request.

Method, media types, viewer, body and budget; then the checks of the handler: the record exists
(404), the scope (403), preconditions (428, 412), the content (422, 400). Clients see the first
failure, and Panoptes checks in this order.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import Unauthenticated, Unavailable
from gateway.http.body import decode_json, read_body
from gateway.http.refusals import BadRequest, MethodNotAllowed
from gateway.loaders.reading_anew import read_anew_if_lost
from gateway.rest.eras.signed_out import drop_empty_token
from gateway.rest.jsonapi.call import Call, Dependencies, says_admin, without_admin
from gateway.rest.jsonapi.errors import NoRoute, refused
from gateway.rest.jsonapi.handler import Handler, Resource
from gateway.rest.jsonapi.media import (
    NotImplementedHere,
    check_accept,
    check_content_type,
    has_body,
)
from gateway.rest.jsonapi.paging import read_page
from gateway.rest.jsonapi.parameters import Given, path_id, path_ids, read_given
from gateway.rest.sentence import DescribeError
from gateway.telemetry.record import record_of

_READS = ("GET", "HEAD")


class Endpoint:
    """ASGI application for one path."""

    def __init__(self, resource: Resource, dependencies: Dependencies) -> None:
        self._resource = resource
        self._dependencies = dependencies
        methods = [
            method
            for method in resource.handlers
            if method in _READS or dependencies.run is not None
        ]
        self._methods = (*methods, "HEAD") if "GET" in methods else tuple(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except Exception as error:
            response = refused(error, self._dependencies.describe, record_of(scope))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        handler = self._handler(request)
        check_accept(request)
        call = await self._call(request, handler)
        await self._charge(call, handler)
        if request.method not in _READS:
            # Only the primary has the change at once; preconditions are read there too.
            call.record.at_primary = call.record.has_written = True
            return await handler.answer(call)
        return await self._in_time(call, handler)

    def _handler(self, request: Request) -> Handler:
        if request.method == "PATCH":
            raise NotImplementedHere
        self._check_path(request)
        if request.method not in self._methods:
            raise MethodNotAllowed(
                f"This address accepts only {', '.join(self._methods) or 'no'} requests.",
                self._methods,
            )
        return self._resource.handlers["GET" if request.method == "HEAD" else request.method]

    def _check_path(self, request: Request) -> None:
        if "id" in request.path_params:
            path_id(request.path_params["id"], self._resource.record)
        if "ids" in request.path_params:
            path_ids(request.path_params["ids"])

    async def _call(self, request: Request, handler: Handler) -> Call:
        record = record_of(request.scope)
        if has_body(request):
            check_content_type(request)
        viewer = await self._dependencies.identify(drop_empty_token(request.headers.items()))
        record.viewer = viewer.kind
        if handler.signed_in and viewer.is_anonymous:
            raise Unauthenticated("You must be logged in to access this resource.")
        given = read_given(request.scope["query_string"], self._resource.filters)
        body = await self._body(request) if has_body(request) else None
        if not says_admin(given, body):
            viewer = without_admin(viewer)
        return Call(self._dependencies, request, record, viewer, given, request.path_params, body)

    async def _body(self, request: Request) -> Any:
        try:
            return decode_json(await read_body(request, self._dependencies.body_limit), "The body")
        except BadRequest as error:
            raise BadRequest(
                f"There was a problem in the JSON you submitted: {error.message}"
            ) from None

    async def _charge(self, call: Call, handler: Handler) -> None:
        if self._dependencies.spend is None:
            return
        if call.request.method in _READS:
            cost = self._cost(call.given, handler)
        else:
            cost = handler.cost * self._changes(call.body)
        await self._dependencies.spend(call.viewer, call.record.client, cost)

    def _changes(self, body: Any) -> int:
        """The number of records that a body changes: joins may be a list."""
        listed = body.get(self._resource.record) if isinstance(body, dict) else None
        return max(len(listed), 1) if isinstance(listed, list) else 1

    def _cost(self, given: Given, handler: Handler) -> int:
        """The cost of a read."""
        if not self._resource.is_list:
            return handler.cost
        # Each included kind may add a record for each listed one.
        kinds = 1 + given.get("include", "").count(",") + ("include" in given)
        return handler.cost * read_page(given).size * kinds

    async def _in_time(self, call: Call, handler: Handler) -> Response:
        seconds = self._dependencies.timeout_seconds
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await read_anew_if_lost(call.record, partial(handler.answer, call))
        except TimeoutError:
            if not deadline.expired():
                raise
            # Not 408: clients would retry for ever.
            raise Unavailable(f"The answer took longer than {seconds:g} seconds.") from None


class NoEndpoint:
    """ASGI application for all unknown paths, such as ``/classrooms``."""

    def __init__(self, describe: DescribeError) -> None:
        self._describe = describe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = NotImplementedHere() if scope["method"] == "PATCH" else NoRoute()
        await refused(error, self._describe, record_of(scope))(scope, receive, send)
