"""A server for one machine alone: it answers requests that name that machine, and no others.

A page of another site can point a domain of its own at 127.0.0.1 once it is loaded (DNS rebinding).
Its browser then takes the server for a part of that site and lets the page read all answers; only
the Host header still tells.
"""

from __future__ import annotations

from collections.abc import Awaitable
from http import HTTPStatus
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import Forbidden
from gateway.http.response import refused_anywhere


class LoopbackHost:
    """An ASGI application around another, which is asked under names of this machine alone.

    All else, WebSockets and probes too, is answered 403 with the code FORBIDDEN. The port is not
    looked at: one may be forwarded from another. With ``own_pages_only`` no pages but those of the
    server itself may ask, not even for what everybody may see.
    """

    def __init__(self, app: ASGIApp, *, own_pages_only: bool = False) -> None:
        self._app = app
        self._own_pages_only = own_pages_only

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is not None:
            error = Forbidden(refusal)
            return refused_anywhere(error, HTTPStatus.FORBIDDEN)(scope, receive, send)
        return self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        host = _sent(scope, b"host") or ""
        if not is_loopback(_name(host)):
            return "This server answers only on its own machine: open it as localhost or 127.0.0.1."
        origin = _sent(scope, b"origin") if self._own_pages_only else None
        if origin is not None and origin.lower() != f"http://{host}".lower():
            return "This server answers no web pages but its own."
        return None


def is_loopback(name: str) -> bool:
    """Whether the name of a host, or its address, is this machine's to itself.

    No domain is looked up: whoever owns it may say that it is.
    """
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _sent(scope: Scope, header: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == header), None
    )


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
