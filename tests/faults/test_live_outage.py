"""Streams of live answers while a database server is away.

``make live-soak`` has it away for ten seconds.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx

from gateway.auth.keys import KeyPair
from tests.faults.conftest import OwnPostgres, Site, prepare
from tests.faults.follower import Follower
from tests.faults.storing import status_of_storing, stored
from tests.graphql.live.leftovers import until, until_nothing_is_left
from tests.graphql.live.reading import total
from tests.redis_server import free_port
from tests.server import DEADLINE_SECONDS

AWAY_SECONDS = float(os.environ.get("LIVE_AWAY_SECONDS", "1"))
FOLLOWERS = 50


async def test_streams_outlive_a_database_server_that_goes_away(
    own_postgres: OwnPostgres, tmp_path: Path, keys: KeyPair
) -> None:
    await prepare(own_postgres.url)
    site, port = Site(tmp_path, own_postgres.url, keys), free_port()
    settings = {
        "STATS_GATEWAY_METRICS_PORT": str(port),
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_HEARTBEAT_SECONDS": "0.2",
    }
    limits = httpx.Limits(max_connections=None, keepalive_expiry=1)
    with site.gateway(**settings) as server:
        async with httpx.AsyncClient(timeout=None, limits=limits) as client:
            assert await status_of_storing(client, server, 1) == 204
            followers = [Follower(client, server.url) for _ in range(FOLLOWERS)]
            await until(lambda: all(one.last == 1 for one in followers))

            await asyncio.to_thread(own_postgres.crash)
            assert await status_of_storing(client, server, 2) == 503
            vanished = followers.pop()
            await vanished.stop()
            await asyncio.sleep(AWAY_SECONDS)
            heard = [one.heartbeats for one in followers]
            await until(
                lambda: all(one.heartbeats > n for one, n in zip(followers, heard, strict=True))
            )
            late = Follower(client, server.url)
            await until(lambda: late.frames)
            assert late.frames[0]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"

            await asyncio.to_thread(own_postgres.start)
            async with asyncio.timeout(DEADLINE_SECONDS):
                await stored(client, server, 2)
            await until(lambda: all(one.last == 2 for one in followers))
            await until(lambda: len(late.frames) > 1 and late.last == 2)
            assert all([total(frame) for frame in one.frames] == [1, 2] for one in followers)
            for one in (*followers, late):
                await one.stop()
        await until_nothing_is_left(port)
