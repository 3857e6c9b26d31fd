"""A client of ``graphql-transport-ws`` that says exactly what a test wants, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.server import DEADLINE_SECONDS, Server

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
TOTAL = "{ classifications { totalCount } }"
LIVE_TOTAL = "subscription { live { classifications { totalCount } } }"

Closed = tuple[int, str]


def total(number: int) -> dict[str, Any]:
    return {"data": {"classifications": {"totalCount": number}}}


def live_total(number: int) -> dict[str, Any]:
    return {"data": {"live": {"classifications": {"totalCount": number}}}}


class Socket:
    """A WebSocket; what is awaited comes within the tests' patience."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, kind: str, **parts: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **parts}))

    async def ask(self, id_: str, query: str, **parts: Any) -> None:
        await self.say("subscribe", id=id_, payload={"query": query, **parts})

    async def hear(self) -> Any:
        async with asyncio.timeout(DEADLINE_SECONDS):
            text = await self.connection.recv()
        assert isinstance(text, str)
        return json.loads(text)

    async def initialise(self, payload: Mapping[str, Any] | None = None) -> None:
        await self.say("connection_init", **({} if payload is None else {"payload": payload}))
        assert await self.hear() == {"type": "connection_ack"}

    async def answer(self, query: str, **parts: Any) -> Any:
        """The only answer of an operation, or the errors in its place."""
        await self.ask("only", query, **parts)
        message = await self.hear()
        assert message["id"] == "only"
        if message["type"] == "error":
            return {"errors": message["payload"]}
        assert message["type"] == "next"
        assert await self.hear() == {"id": "only", "type": "complete"}
        return message["payload"]

    async def closed(self) -> Closed:
        """How the server closes the socket; whatever it says before is left out."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as error:
                if error.rcvd is None:
                    return (1006, "")
                return (int(error.rcvd.code), error.rcvd.reason)


@asynccontextmanager
async def opened(
    server: Server,
    headers: Mapping[str, str] | None = None,
    subprotocols: tuple[Subprotocol, ...] = (SUBPROTOCOL,),
    **options: Any,
) -> AsyncIterator[Socket]:
    """A socket whose handshake is over; pings are answered by the library."""
    url = server.url.replace("http:", "ws:")
    async with connect(
        url,
        subprotocols=subprotocols or None,
        additional_headers=headers,
        open_timeout=DEADLINE_SECONDS,
        ping_interval=None,
        close_timeout=1,
        **options,
    ) as connection:
        yield Socket(connection)


@asynccontextmanager
async def initialised(
    server: Server, payload: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[Socket]:
    """A socket whose client the server has acknowledged."""
    async with opened(server, **options) as socket:
        await socket.initialise(payload)
        yield socket
