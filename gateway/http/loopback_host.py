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
    looked at: one may be forwarded from another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] in ("http", "websocket") and not is_loopback(_host(scope)):
            error = Forbidden(
                "This server answers only on its own machine: open it as localhost or 127.0.0.1."
            )
            return refused_anywhere(error, HTTPStatus.FORBIDDEN)(scope, receive, send)
        return self._app(scope, receive, send)


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


def _host(scope: Scope) -> str:
    """The host that was asked for, without its port; empty if there is none."""
    sent: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    host = sent.decode("latin-1")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
