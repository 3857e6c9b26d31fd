"""Loopback host check: answers only requests whose Host header names this machine.

A page of another site can point its own domain at 127.0.0.1 after it has loaded (DNS rebinding).
The browser then lets the page read all answers; only the Host header reveals it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from http import HTTPStatus
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import Forbidden
from gateway.http.response import refusal_response


class LoopbackHost:
    """ASGI middleware: passes on only requests to names of this machine.

    All else, WebSockets and probes too, is answered 403 with the code FORBIDDEN. The port is
    ignored: it may be forwarded. With ``own_pages_only`` only pages of the server itself may send
    requests, even for public data.
    """

    def __init__(self, app: ASGIApp, *, own_pages_only: bool = False) -> None:
        self._app = app
        self._own_pages_only = own_pages_only

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is not None:
            error = Forbidden(refusal)
            return refusal_response(error, HTTPStatus.FORBIDDEN)(scope, receive, send)
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
    """Whether the name or the address of a host is a loopback one.

    No domain is looked up: its owner could point it anywhere.
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
