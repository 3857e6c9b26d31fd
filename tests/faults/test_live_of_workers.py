"""Streams at several worker processes, while yet another process ingests."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx

from gateway.auth.keys import KeyPair
from tests.faults.conftest import Site, prepare
from tests.faults.follower import Follower
from tests.faults.test_workers import two_workers
from tests.graphql.live.leftovers import leftovers, until
from tests.graphql.live.reading import total
from tests.server import DEADLINE_SECONDS, Server
from tests.stream_events import classification

#: Followers that come at once, again and again until each worker has some.
ROUND = 20


def first_of_free_ports(number: int) -> int:
    """The first of so many free ports in a row, of those that no client is given."""
    while True:
        first = random.randrange(20_000, 30_000)
        with ExitStack() as stack:
            try:
                for port in range(first, first + number):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first


def streams(server: Server) -> list[float]:
    """How many streams each worker has."""
    ports = re.findall(r"Metrics are at http://\S+:(\d+)/metrics", server.log.read_text())
    assert len(ports) == 2, ports
    return [leftovers(int(port)).get("stats_gateway_live_streams", 0) for port in ports]


async def until_all_show(followers: Sequence[Follower], number: int) -> None:
    await until(lambda: all(one.last == number for one in followers))


async def followed(client: httpx.AsyncClient, server: Server) -> list[Follower]:
    """Followers of the total, some at each worker; all have been sent it."""
    followers: list[Follower] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            followers += [Follower(client, server.url) for _ in range(ROUND)]
            await until_all_show(followers, 0)
            found = await asyncio.to_thread(streams, server)
            assert sum(found) == len(followers)
            if all(found):
                return followers


def ingest(site: Site, folder: Path, *event_ids: int) -> None:
    """Count these classifications in a process of its own."""
    created, file = "2024-02-29T12:00:00.000Z", folder / "events.ndjson"
    events = [classification(one, created, project=1, workflow=1) for one in event_ids]
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    status, printed = site.run("import", str(file))
    assert status == 0, printed


async def test_streams_at_every_worker_follow_what_another_process_ingests(
    database_url: str, tmp_path: Path, keys: KeyPair
) -> None:
    await prepare(database_url)
    site = Site(tmp_path, database_url, keys)
    settings = {
        "STATS_GATEWAY_DATABASE_URL": database_url,
        "STATS_GATEWAY_METRICS_PORT": str(first_of_free_ports(3)),
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_LIVE_PER_VIEWER": "1000",
    }
    limits = httpx.Limits(max_connections=None, keepalive_expiry=1)
    with two_workers(tmp_path, **settings) as server:
        async with httpx.AsyncClient(timeout=None, limits=limits) as client:
            followers = await followed(client, server)
            for number, event_ids in ((2, (1, 2)), (5, (3, 4, 5))):
                await asyncio.to_thread(ingest, site, tmp_path, *event_ids)
                await until_all_show(followers, number)
            for one in followers:
                assert [total(frame) for frame in one.frames] == [0, 2, 5]
                await one.stop()
        assert "Traceback" not in server.log.read_text()
