"""A slash at the end of a path, which many clients send: answered as without it, by no redirect.

A redirect would drop bodies, fail preflights, and lead from https to http behind a proxy that ends
TLS.
"""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

_MARK = "trailing_slash"


class WithoutTrailingSlash:
    """An ASGI application that asks another for the path without the slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] in ("http", "websocket") and scope["path"].endswith("/"):
            path: str = scope["path"]
            raw: bytes = scope.get("raw_path") or path.encode()
            # The root itself stays, and so does a slash that was written as %2F.
            shorter = path.removesuffix("/")
            if raw.endswith(b"/") and shorter != scope.get("root_path", ""):
                scope = {**scope, "path": shorter, "raw_path": raw[:-1], _MARK: True}
        return self._app(scope, receive, send)


def had_trailing_slash(scope: Scope) -> bool:
    """Whether the client asked with a slash at the end: links relative to it lead elsewhere."""
    return _MARK in scope
