"""Path dispatch: one ASGI application answers a path, another answers all other paths."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class AtPath:
    """ASGI application: passes HTTP requests of the path to ``app``, all others to ``others``."""

    def __init__(self, path: str, app: ASGIApp, others: ASGIApp) -> None:
        self._path = path
        self._app = app
        self._others = others

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        here = scope["type"] == "http" and scope["path"] == self._path
        return (self._app if here else self._others)(scope, receive, send)
