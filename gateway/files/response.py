"""Responses of files, and of what refuses one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.files.spool import Spool
from gateway.files.writing import CSV, AnswerRefused
from gateway.graphql.endpoint.statuses import status_of
from gateway.http.documents import SAFE_HEADERS
from gateway.http.media import GRAPHQL, JSON
from gateway.http.response import NO_STORE, headers_for, json_response
from gateway.telemetry.record import RequestRecord

#: Saved, never shown: neither as a page, nor within one, nor to another site's page.
_HEADERS = {
    **NO_STORE,
    **SAFE_HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CONTENT_TYPES = {CSV: f"{CSV}; charset=utf-8; header=present", JSON: JSON}
#: What the client has asked too much of, and not wrongly.
_TOO_MUCH = frozenset({"COST_TOO_HIGH", "TOO_MANY_VALUES", "ANSWER_TOO_LARGE"})
_RETRY = {"UNAVAILABLE": {"Retry-After": "1"}, "UNAUTHENTICATED": {"WWW-Authenticate": "Bearer"}}

#: Makes of an error what may be shown of it.
Describe = Callable[[Exception], Mapping[str, Any]]


class FileResponse:
    """An ASGI application that sends a file out of its spool, as fast as the client takes it."""

    def __init__(self, spool: Spool, media: str, name: str) -> None:
        self._spool = spool
        self._headers = {
            **_HEADERS,
            "Content-Type": _CONTENT_TYPES[media],
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(spool.size),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
        if scope["method"] != "HEAD":
            async for chunk in self._spool.chunks():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def ready(content: Mapping[str, Any], status: HTTPStatus) -> Response:
    """Something to tell in JSON, which nobody may keep."""
    return json_response(content, status, headers=_HEADERS)


def refused(error: Exception, describe: Describe, record: RequestRecord) -> Response:
    """The response for an error, which is noted: a list of one, as all of ours are."""
    described: Mapping[str, Any]
    headers: Mapping[str, str]
    if isinstance(error, AnswerRefused):
        described = error.error
        headers = _RETRY.get(described["extensions"]["code"], {})
    else:
        described, headers = describe(error), headers_for(error)
    code = described["extensions"]["code"]
    record.note_error(code, error)
    status = 422 if code in _TOO_MUCH else status_of(code, GRAPHQL)
    return json_response({"errors": [described]}, status, headers={**_HEADERS, **headers})
