"""What is kept of requests: of live operations nothing, of those that wait as much as a message."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import orjson
import pytest

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.endpoint.socket_messages import CloseCode, read_message
from gateway.graphql.endpoint.socket_operation import Credentials, SocketOperations
from gateway.graphql.endpoint.socket_running import RunningOperations, SocketLimits
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.masking import ErrorMask
from gateway.http.recording import recording_of
from gateway.telemetry.record import RequestRecord
from tests.graphql.live.socket_client import LIVE_TOTAL, TOTAL
from tests.graphql.live.world import World


class Extensions(dict[str, Any]):
    """Of which a test can tell whether they are still there."""


def asked() -> tuple[GraphQLRequest, Callable[[], object]]:
    extensions = Extensions(unused="x")
    return GraphQLRequest(LIVE_TOTAL, None, None, extensions), ref(extensions)


async def test_a_stream_keeps_nothing_of_its_request(database: Database) -> None:
    world = World(database)
    async with world.gateway, world.authenticator, world.live:
        request, kept = asked()
        stream = await world.live.open(request, ANONYMOUS, (), RequestRecord("", "POST"))
        del request
        assert isinstance(stream, LiveStream)
        assert b"totalCount" in await anext(stream)
        gc.collect()
        assert kept() is None
        stream.close()


async def test_a_live_operation_of_a_socket_keeps_nothing_of_its_request(
    database: Database,
) -> None:
    world = World(database)
    async with world.gateway, world.authenticator, world.live:
        operations = operations_of(world)
        request, kept = asked()
        followed = asyncio.Event()

        async def follow() -> None:
            followed.set()

        answers = operations.answers(request, (), RequestRecord("", "WEBSOCKET"), follow)
        del request
        async with aclosing(answers):
            assert b"totalCount" in await anext(answers)
            assert followed.is_set()
            gc.collect()
            assert kept() is None


def operations_of(world: World) -> SocketOperations:
    identify = world.authenticator.identify
    return SocketOperations(world.gateway.executor, world.live, identify, ErrorMask(), False)


@dataclass(frozen=True)
class Held(SocketOperations):
    """Operations that are answered when a test wants it."""

    gate: asyncio.Event = field(kw_only=True)

    async def answers(
        self,
        request: GraphQLRequest,
        credentials: Credentials,
        record: RequestRecord,
        follow: Callable[[], Awaitable[object]],
    ) -> AsyncGenerator[bytes, None]:
        await self.gate.wait()
        yield b"{}"


@pytest.mark.parametrize("one_more", [400, 600])
async def test_what_waits_is_no_more_than_one_message(database: Database, one_more: int) -> None:
    world = World(database)
    said: list[Any] = []

    async def say(text: str) -> None:
        said.append(orjson.loads(text))

    idle = asyncio.Event()

    async def send(event: Any) -> None:
        if not event["value"]:
            idle.set()

    async def close(code: CloseCode, reason: str) -> None:
        pass

    identify = world.authenticator.identify
    gate = asyncio.Event()
    held = Held(world.gateway.executor, world.live, identify, ErrorMask(), False, gate=gate)
    record = RequestRecord("", "WEBSOCKET")
    running = RunningOperations(
        held, SocketLimits(10, 1_000), record, recording_of({}), send, say, close
    )

    def message(id_: str, size: int) -> Any:
        content = {"type": "subscribe", "id": id_, "payload": {"query": TOTAL, "unused": ""}}
        content["payload"] = {"query": TOTAL, "unused": "x" * (size - len(orjson.dumps(content)))}
        return read_message(orjson.dumps(content).decode())

    await running.begin(message("first", 500), ())
    await running.begin(message("second", one_more), ())
    refused = [one for one in said if one["type"] == "error"]
    if one_more == 400:
        assert refused == []
    else:
        assert [one["id"] for one in refused] == ["second"]
        assert refused[0]["payload"][0]["extensions"] == {
            "code": "TOO_MANY_OPERATIONS",
            "limit": 1_000,
        }
    gate.set()
    await idle.wait()
    idle.clear()
    said.clear()
    # However large it is, one alone is taken.
    await running.begin(message("third", 1_500), ())
    await idle.wait()
    assert [one["type"] for one in said] == ["next", "complete"]
    await running.stop()
