"""Sends classifications to a served gateway one by one, as the stream does."""

from __future__ import annotations

import asyncio

import httpx

from tests.graphql.live.reading import STREAM
from tests.server import Server
from tests.stream_events import classification


async def status_of_storing(client: httpx.AsyncClient, server: Server, event_id: int) -> int:
    event = classification(event_id, "2024-02-29T12:00:00.000Z", project=1, workflow=1)
    url = server.url.replace("graphql", "kinesis")
    answer = await client.post(url, json={"payload": [event]}, auth=STREAM)
    return answer.status_code


async def stored(client: httpx.AsyncClient, server: Server, event_id: int) -> None:
    """Send the event until it is stored, as the stream does."""
    while True:
        if await status_of_storing(client, server, event_id) == 204:
            return
        await asyncio.sleep(0.1)
