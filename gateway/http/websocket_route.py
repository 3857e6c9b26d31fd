"""WebSocket route: checks path and origin of handshakes before the application answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import Forbidden, Unavailable
from gateway.http.draining import Draining
from gateway.http.response import refusal_response, status_response

_ANY = "*"


class WebSocketRoute:
    """ASGI application: passes WebSockets at its path to ``websockets``, all else to ``others``.

    A browser sends no preflight before a handshake and lets a page of any origin read messages. So
    the server checks the Origin header: it allows ``origins`` and its own. Clients other than
    browsers send none, and are allowed.
    """

    def __init__(
        self,
        path: str,
        websockets: ASGIApp,
        others: ASGIApp,
        origins: Sequence[str],
        draining: Draining,
    ) -> None:
        self._path = path
        self._websockets = websockets
        self._others = others
        self._origins = frozenset(origins)
        self._draining = draining

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        app = self._others if scope["type"] != "websocket" else self._app_for(scope)
        return app(scope, receive, send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if scope["path"] != self._path:
            return status_response(HTTPStatus.NOT_FOUND)
        if not self._may_ask(scope):
            error = Forbidden(
                "Web pages of this origin may not open a WebSocket: ask the operator to allow the "
                "origin."
            )
            return refusal_response(error, HTTPStatus.FORBIDDEN)
        if self._draining.under_way:
            stopping = Unavailable("The server is shutting down: connect again in a moment.")
            return refusal_response(stopping, HTTPStatus.SERVICE_UNAVAILABLE)
        return self._websockets

    def _may_ask(self, scope: Scope) -> bool:
        sent = {
            name: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"origin", b"host")
        }
        origin = sent.get(b"origin")
        if origin is None or _ANY in self._origins or origin in self._origins:
            return True
        # The scheme is not compared: a proxy may terminate TLS.
        host: str = sent[b"host"]
        with suppress(ValueError):  # no origin that a browser sends
            same: bool = urlsplit(origin).netloc.lower() == host.lower()
            return same
        return False
