"""Live answers whose ticks come when a test says so, and who follows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.graphql.cached_gateway import Gateway

#: No tick comes by itself.
NEVER = 1_000_000.0


@asynccontextmanager
async def live_answers(gateway: Gateway, **options: Any) -> AsyncIterator[LiveAnswers]:
    """Live answers of a gateway that is entered."""
    live = LiveAnswers(
        gateway.executor.live, gateway.changes, lambda: gateway.now, NEVER, **options
    )
    async with live:
        yield live


async def follow(
    live: LiveAnswers, selection: str, viewer: Viewer = ANONYMOUS, **variables: Any
) -> LiveStream:
    """A stream of the query with this selection; ``$id`` is declared if it is used."""
    declared = "($id: ID!)" if "$id" in selection else ""
    request = GraphQLRequest(f"subscription {declared} {{ live {{ {selection} }} }}", variables)
    stream = await live.open(request, viewer, (), RequestRecord("", "POST"))
    assert isinstance(stream, LiveStream), stream
    return stream


async def sent(stream: LiveStream) -> Any:
    """The frame that is there to be read; None if there is none."""
    try:
        async with asyncio.timeout(0):
            frame = await anext(stream)
    except TimeoutError:
        return None
    return orjson.loads(frame)


async def data(stream: LiveStream) -> Any:
    """The data of the frame that is there, which has no errors."""
    frame = await sent(stream)
    assert frame is not None, "Nothing was sent."
    assert frame.keys() == {"data"}, frame
    return frame["data"]["live"]
