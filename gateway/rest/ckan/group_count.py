"""``POST /api/3/action/get_group_count``: how many groups, as a CKAN action answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth.viewer import Viewer
from gateway.errors import Forbidden, GatewayError, InvalidArgument, Unauthenticated
from gateway.http.body import check_json, decode_json, read_body
from gateway.http.media import JSON
from gateway.http.refusals import BadRequest
from gateway.http.response import json_response
from gateway.loaders.operation import Operation
from gateway.rest.ckan.group_count_query import read_query
from gateway.rest.refused import refused
from gateway.stats.group_counts import group_count
from gateway.telemetry.record import RequestRecord, record_of

#: The viewer of a request's header lines.
Identify = Callable[[Iterable[tuple[str, str]]], Awaitable[Viewer]]

#: With the version of the API, and without as CKAN's own client asks.
GROUP_COUNT_PATHS = ("/api/3/action/get_group_count", "/api/action/get_group_count")
_HELP = "/api/3/action/help_show?name=get_group_count"
_VALIDATION, _AUTHORIZATION = (409, "Validation Error"), (403, "Authorization Error")


class GroupCountEndpoint:
    """An ASGI application for POST to one path; ``body_limit`` is in bytes."""

    def __init__(
        self,
        identify: Identify,
        open_operation: Callable[[Viewer, RequestRecord], Operation],
        body_limit: int,
    ) -> None:
        self._identify = identify
        self._open_operation = open_operation
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        help_url = str(request.url.replace(path="", query="")).rstrip("/") + _HELP
        try:
            count = await self._count(request)
        except InvalidArgument as error:
            return _failed(help_url, _VALIDATION, {error.argument: error.message})
        except (Forbidden, Unauthenticated) as error:
            return _failed(help_url, _AUTHORIZATION, {"message": error.message})
        except GatewayError as error:
            return refused(error)
        answer = {"help": help_url, "success": True, "result": {"count": count}}
        return json_response(answer, 200)

    async def _count(self, request: Request) -> int:
        viewer = await self._identify(request.headers.items())
        record = record_of(request.scope)
        record.viewer = viewer.kind
        async with self._open_operation(viewer, record) as operation:
            # Asked before the body is read: it may be large, and a stranger's.
            operation.loaders.access.require_groups_count()
            check_json(request, undeclared=JSON)
            body = decode_json(await read_body(request, self._body_limit), "The body")
            if not isinstance(body, dict):
                raise BadRequest("The body is no JSON object.")
            question = read_query(body, operation.today)
            (row,) = await operation.facts.fetch(group_count(question))
            return int(row[0])


def _failed(help_url: str, kind: tuple[int, str], reasons: dict[str, Any]) -> Response:
    status, name = kind
    answer = {"help": help_url, "success": False, "error": {**reasons, "__type": name}}
    return json_response(answer, status)
