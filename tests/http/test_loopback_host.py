"""A server for one machine answers what names that machine, and no page that names another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from gateway.app import create_app
from gateway.settings import Settings

HERE = ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.1.2.3:1", "[::1]:8000"]
ELSEWHERE = [
    "rebound.example",
    "rebound.example:8000",
    "localhost.rebound.example",
    "127.0.0.1.rebound.example:8000",
    "localhost.",
    "0.0.0.0:8000",
    "192.168.0.7:8000",
    "[::]:8000",
    "[fe80::1]",
    ":8000",
]
PATHS = ["/", "/projects/1", "/graphql", "/api/3/action/status_show", "/readyz", "/nothing"]


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Starlette]:
    url = f"sqlite:///{tmp_path}/app.db"
    app = create_app(Settings(database_url=url, loopback_hosts_only=True))
    async with app.router.lifespan_context(app):
        yield app


async def asked(app: Starlette, path: str, host: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(path, headers={"Host": host})


@pytest.mark.parametrize("host", HERE)
async def test_the_machine_itself_is_answered(app: Starlette, host: str) -> None:
    answer = await asked(app, "/livez", host)

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ELSEWHERE)
async def test_another_name_is_refused_at_every_path(app: Starlette, host: str) -> None:
    for path in PATHS:
        answer = await asked(app, path, host)

        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_no_websocket_opens_under_another_name(app: Starlette) -> None:
    for host, opened in ((b"rebound.example:8000", False), (b"localhost:8000", True)):
        sent: list[Message] = []
        scope: Scope = {
            "type": "websocket",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "headers": [(b"host", host), (b"origin", b"http://" + host)],
            "subprotocols": ["graphql-transport-ws"],
            "client": ("127.0.0.1", 1),
            "extensions": {"websocket.http.response": {}},
        }
        messages: list[Message] = [
            {"type": "websocket.connect"},
            {"type": "websocket.disconnect", "code": 1000},
        ]

        async def receive(messages: list[Message] = messages) -> Message:
            return messages.pop(0)

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        await app(scope, receive, send)

        assert (sent[0]["type"] == "websocket.accept") is opened


async def test_others_serve_any_name(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/app.db"))
    async with app.router.lifespan_context(app):
        answer = await asked(app, "/livez", "stats.example")

    assert answer.status_code == 200
