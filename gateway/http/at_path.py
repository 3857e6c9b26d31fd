"""One path: an ASGI application that answers it, and another that answers all others."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class AtPath:
    """Asks ``app`` for HTTP requests of the path, and ``others`` for all else."""

    def __init__(self, path: str, app: ASGIApp, others: ASGIApp) -> None:
        self._path = path
        self._app = app
        self._others = others

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        here = scope["type"] == "http" and scope["path"] == self._path
        return (self._app if here else self._others)(scope, receive, send)
