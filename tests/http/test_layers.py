"""Layers that only choose or change what they pass on await nothing of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.at_path import AtPath
from gateway.http.cors import with_cors
from gateway.http.draining import Draining
from gateway.http.slashes import WithoutTrailingSlash
from gateway.http.starting import OnceStarted, Starting
from gateway.http.websocket_route import WebSocketRoute


async def _prepare() -> None:
    raise AssertionError("nobody starts it")


async def _others(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("another path")


LAYERS: dict[str, Callable[[ASGIApp], ASGIApp]] = {
    "slashes": WithoutTrailingSlash,
    "starting": lambda app: OnceStarted(app, Starting(_prepare)),
    "path": lambda app: AtPath("/graphql", app, _others),
    "pages": with_cors,
    "websockets": lambda app: WebSocketRoute("/graphql", _others, app, ["*"], Draining(0)),
}


@pytest.mark.parametrize("name", LAYERS)
async def test_a_layer_gives_what_its_application_gives_to_be_awaited(name: str) -> None:
    """A coroutine of its own for each layer would be a part of each request's cost."""
    given: list[Awaitable[None]] = []

    def app(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        async def answer() -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})

        given.append(answer())
        return given[-1]

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    sent: list[int] = []

    async def send(message: Message) -> None:
        sent.append(message["status"])

    scope = {"type": "http", "method": "GET", "path": "/graphql", "headers": []}
    awaited = LAYERS[name](app)(scope, receive, send)
    assert [awaited] == given
    await awaited
    assert sent == [204]
