"""What a server still has of streams, as its metrics tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.server import DEADLINE_SECONDS

#: Gauges that are nought once all clients have gone.
_GAUGES = (
    "stats_gateway_connections",
    "stats_gateway_requests_in_progress",
    "stats_gateway_live_streams",
    "stats_gateway_live_watched",
)


def leftovers(metrics_port: int) -> dict[str, float]:
    """The gauges of streams and connections that are not nought."""
    text = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", timeout=60).text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    values = {one.name: one.value for one in samples if one.name in _GAUGES}
    assert values.keys() == set(_GAUGES)
    return {name: value for name, value in values.items() if value}


async def until(happened: Callable[[], object]) -> None:
    """Look again and again; it has to happen in time."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if happened():
                return
            await asyncio.sleep(0.02)


async def until_nothing_is_left(metrics_port: int) -> None:
    """Wait until the server has noticed that all have gone."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if not await asyncio.to_thread(leftovers, metrics_port):
                return
            await asyncio.sleep(0.05)
