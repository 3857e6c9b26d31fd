"""Trailing slashes: a path that ends in a slash is answered as without it, without a redirect.

A redirect would drop bodies, fail preflights, and lead from https to http behind a proxy that ends
TLS.
"""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

_MARK = "trailing_slash"


class WithoutTrailingSlash:
    """ASGI middleware that removes the slash at the end of a path."""

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
    """Whether the requested path had a trailing slash, which changes relative links."""
    return _MARK in scope
