"""JSON responses. All errors have one shape: a list, each with a message and a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import GatewayError, Unauthenticated, Unavailable
from gateway.http.media import JSON
from gateway.http.refusals import RequestRefused
from gateway.json_bytes import json_bytes

#: Answers depend on the credentials, and a group may turn private at any time.
NO_STORE = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}
#: For an answer with a secret: its compressed length would reveal its content (BREACH).
SECRET = {**NO_STORE, "Cache-Control": "private, no-store, no-transform"}


def json_response(
    content: Mapping[str, Any] | Sequence[Any],
    status: int,
    media: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """JSON response that may not be cached."""
    return raw_json_response(json_bytes(content), status, media, {**NO_STORE, **(headers or {})})


def raw_json_response(text: bytes, status: int, media: str, headers: Mapping[str, str]) -> Response:
    """JSON response from serialised JSON; ``headers`` say who may cache it."""
    return Response(text, status, {**headers, "Content-Type": f"{media}; charset=utf-8"})


class EncodedResponse:
    """ASGI application that sends a whole response with encoded headers."""

    def __init__(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        self._status = status
        self._headers = headers
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, headers = self._status, self._headers
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


def response_bytes(
    status: HTTPStatus, headers: Sequence[tuple[bytes, bytes]], body: bytes = b""
) -> bytes:
    """Serialise a whole response for an HTTP/1.1 connection."""
    status_line = f"HTTP/1.1 {status.value} {status.phrase}".encode()
    lines = [status_line, *(b": ".join(one) for one in headers), b"", body]
    return b"\r\n".join(lines)


def status_response(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    """JSON error response of a bare HTTP status, such as 404 for a path that is not served."""
    error = {"message": f"{status.description}.", "extensions": {"code": status.name}}
    return json_response({"errors": [error]}, status, headers=headers)


def refusal_response(error: GatewayError, status: HTTPStatus) -> Response:
    """Error response for a request whose endpoint is not known yet.

    In both of our shapes (clients of ERAS read ``error``, others ``errors``), for any page.
    """
    described = {"message": error.message, "extensions": error.extensions}
    headers = {**headers_for(error), "Access-Control-Allow-Origin": "*"}
    return json_response({"error": error.message, "errors": [described]}, status, headers=headers)


def headers_for(cause: Exception) -> Mapping[str, str]:
    """The HTTP headers that go with the refusal of a request."""
    if isinstance(cause, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(cause, Unavailable):
        return {"Retry-After": "1"}
    return cause.headers if isinstance(cause, RequestRefused) else {}
