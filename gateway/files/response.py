"""HTTP responses of file downloads and of their errors."""

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

#: The browser saves the file: no page shows or embeds it, and no page of another site reads it.
_HEADERS = {
    **NO_STORE,
    **SAFE_HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CONTENT_TYPES = {CSV: f"{CSV}; charset=utf-8; header=present", JSON: JSON}
#: Codes of valid requests for too much: 422, not 400.
_TOO_MUCH = frozenset({"COST_TOO_HIGH", "TOO_MANY_VALUES", "ANSWER_TOO_LARGE"})
_RETRY = {"UNAVAILABLE": {"Retry-After": "1"}, "UNAUTHENTICATED": {"WWW-Authenticate": "Bearer"}}

#: Formats an error for the client, without internal details.
Describe = Callable[[Exception], Mapping[str, Any]]


class FileResponse:
    """ASGI application that sends a file from its spool, as fast as the client reads."""

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


def private_json(content: Mapping[str, Any], status: HTTPStatus) -> Response:
    """JSON response that no cache may store and no page may embed."""
    return json_response(content, status, headers=_HEADERS)


def refused(error: Exception, describe: Describe, record: RequestRecord) -> Response:
    """JSON response of an error, as a list of one; the error is recorded."""
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
