"""Which handshakes are answered: those at one path, from pages of origins that may ask there."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import Forbidden, Unavailable
from gateway.http.draining import Draining
from gateway.http.response import errored, refused_anywhere

_ANY = "*"


class WebSocketDoor:
    """An ASGI application that asks ``websockets`` at its path, and ``others`` for all else.

    A browser sends no preflight before a handshake and lets a page of any origin read what comes,
    so that the server has to look at the origin: those of ``origins`` may, as well as pages of the
    server itself. Whoever is no page sends none.
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
            return errored(HTTPStatus.NOT_FOUND)
        if not self._may_ask(scope):
            error = Forbidden(
                "Web pages of this origin may not open a WebSocket: ask the operator to allow the "
                "origin."
            )
            return refused_anywhere(error, HTTPStatus.FORBIDDEN)
        if self._draining.under_way:
            stopping = Unavailable("The server is shutting down: connect again in a moment.")
            return refused_anywhere(stopping, HTTPStatus.SERVICE_UNAVAILABLE)
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
        # The scheme is what a proxy in front has ended.
        host: str = sent[b"host"]
        with suppress(ValueError):  # no origin that a browser sends
            same: bool = urlsplit(origin).netloc.lower() == host.lower()
            return same
        return False
