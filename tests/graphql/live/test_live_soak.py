"""Memory is flat however many subscribe and leave, over every transport.

``make live-soak`` lets 10,000 come; without ``LIVE_COMERS`` a tenth of them comes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import orjson
import psutil
import pytest

from tests.graphql.live.leftovers import until_nothing_is_left
from tests.graphql.live.reading import EVENTS, PARTS, STREAM_SETTINGS, classify
from tests.graphql.live.socket_client import initialised
from tests.redis_server import free_port
from tests.server import Server, serving

COMERS = int(os.environ.get("LIVE_COMERS", "1000"))
_AT_ONCE = 20
#: Of each of so many projects there is a page.
_PROJECTS = 50
PAGE = (
    "subscription ($id: ID!) { live { "
    "classifications(within: { projectIds: [$id] }) { totalCount } } }"
)


def by_http(accept: str, *, reset: bool) -> Callable[[Server, int], Awaitable[None]]:
    """Subscribes, reads the first frame and leaves."""

    async def come(server: Server, number: int) -> None:
        url = httpx.URL(server.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        body = orjson.dumps({"query": PAGE, "variables": {"id": str(1 + number % _PROJECTS)}})
        head = [
            "POST /graphql HTTP/1.1",
            "Host: g",
            f"Accept: {accept}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await reader.readuntil(b'"totalCount":')
        if reset:
            writer.transport.abort()
        else:
            writer.close()
            await writer.wait_closed()

    return come


async def by_socket(server: Server, number: int) -> None:
    """Subscribes twice, completes one of them, and closes."""
    variables = {"id": str(1 + number % _PROJECTS)}
    async with initialised(server) as socket:
        for name in ("one", "two"):
            await socket.ask(name, PAGE, variables=variables)
            assert "data" in (await socket.hear())["payload"]
        await socket.say("complete", id="one")


COMING = (
    by_http(EVENTS, reset=False),
    by_http(EVENTS, reset=True),
    by_http(PARTS, reset=False),
    by_http(PARTS, reset=True),
    by_socket,
)


async def come_and_go(server: Server, numbers: range) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await COMING[number % len(COMING)](server, number)

    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(one(number))


@pytest.mark.timeout(0)
async def test_memory_is_flat_over_many_who_subscribe_and_leave(tmp_path: Path) -> None:
    port = free_port()
    settings = {
        **STREAM_SETTINGS,
        "STATS_GATEWAY_METRICS_PORT": str(port),
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        # All are one viewer, who leaves faster than a busy server sees them go.
        "STATS_GATEWAY_LIVE_PER_VIEWER": "1000",
        "STATS_GATEWAY_HEARTBEAT_SECONDS": "0.2",
        "STATS_GATEWAY_LOG_LEVEL": "warning",
    }
    with serving(tmp_path, **settings) as server:
        process, resident, files = psutil.Process(server.process.pid), [], []
        for third in range(3):
            await asyncio.to_thread(classify, server, third + 1)
            await come_and_go(server, range(third * COMERS // 3, (third + 1) * COMERS // 3))
            await until_nothing_is_left(port)
            resident.append(process.memory_info().rss)
            files.append(process.num_fds())
    print(f"resident after each third of {COMERS}: {resident}, files: {files}")
    assert resident[2] <= 1.05 * resident[1]
    assert files[2] <= files[0] + 2  # of the database, which opens and closes its own
