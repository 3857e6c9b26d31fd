"""CORS: which pages of other sites may send requests and read the responses.

Cookies are neither read nor allowed, so a page can use no credentials but its own token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.response import json_response

#: How long a browser may cache the answer to a preflight.
_PREFLIGHT_SECONDS = 7200


def with_cors(
    app: ASGIApp,
    origins: Sequence[str] = ("*",),
    methods: Sequence[str] = ("GET", "HEAD"),
    exposed: Sequence[str] = ("Consistency", "Consistency-Token", "Retry-After", "X-Request-Id"),
    preflight_seconds: int = _PREFLIGHT_SECONDS,
) -> ASGIApp:
    """Wrap an application so that pages of these origins may use it, with any request header.

    ``exposed`` are the response headers that they may read. A browser may cache the answer to a
    preflight for ``preflight_seconds``. By default as ERAS does it: any origin, by GET and HEAD.
    """
    return _CorsMiddleware(
        app,
        allow_origins=origins,
        allow_methods=methods,
        allow_headers=["*"],
        expose_headers=exposed,
        max_age=preflight_seconds,
    )


class _CorsMiddleware(CORSMiddleware):
    """Starlette's middleware, without parsing the headers of each request and response."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        origin = _origin(scope) if scope["type"] == "http" else None
        if scope["type"] != "http" or (origin is not None and scope["method"] == "OPTIONS"):
            return super().__call__(scope, receive, send)
        readable = {} if origin is None else self._readable_by(origin)

        def send_readable(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                vary, headers = [], []
                for line in message.get("headers", ()):
                    if line[0] == b"vary":
                        vary.append(line[1])
                    elif line[0] not in readable:
                        headers.append(line)
                headers.append((b"vary", b", ".join([*vary, b"Origin"])))
                message["headers"] = [*headers, *readable.items()]
            return send(message)

        return self.app(scope, receive, send_readable)

    def _readable_by(self, origin: bytes) -> dict[bytes, bytes]:
        headers = {
            name.lower().encode(): value.encode() for name, value in self.simple_headers.items()
        }
        if not self.allow_all_origins and self.is_allowed_origin(origin.decode("latin-1")):
            headers[b"access-control-allow-origin"] = origin
        return headers

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        # Starlette's own is plain text; every refusal here is JSON of one shape.
        error = {
            "message": "Web pages of this origin may not send this request: ask the operator "
            "to allow the origin.",
            "extensions": {"code": "FORBIDDEN"},
        }
        vary = {"Vary": response.headers["vary"]}
        return json_response({"errors": [error]}, HTTPStatus.FORBIDDEN, headers=vary)


def _origin(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"origin":
            origin: bytes = value
            return origin
    return None
