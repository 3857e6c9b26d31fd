"""Bearer token scope: a token stays in memory only while its own request is answered."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.auth.bearer import bearer_scope


class BearerScope:
    """ASGI middleware around all that forwards tokens.

    The operations of a WebSocket are requests of their own, and see to it themselves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with bearer_scope():
            await self._app(scope, receive, send)
