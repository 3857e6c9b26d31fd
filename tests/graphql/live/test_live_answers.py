"""Live answers: the first at once, another when and only when its bytes differ."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway

TOTAL = "subscription { live { classifications { totalCount } } }"


async def opened(live: LiveAnswers, document: str) -> LiveStream:
    stream = await live.open(GraphQLRequest(document), ANONYMOUS, (), RequestRecord("", "POST"))
    assert isinstance(stream, LiveStream), stream
    return stream


async def following(stream: LiveStream) -> Any:
    async with asyncio.timeout(10):
        return orjson.loads(await anext(stream))


async def test_frames_follow_what_is_stored(database: Database) -> None:
    async with Gateway(database) as gateway:
        live = LiveAnswers(gateway.executor, gateway.changes, lambda: gateway.now, 0.05)
        async with live:
            stream = await opened(live, TOTAL)
            first = await following(stream)
            await store(database, classification(1))
            second = await following(stream)
            stream.close()
    assert first == {"data": {"live": {"classifications": {"totalCount": 0}}}}
    assert second == {"data": {"live": {"classifications": {"totalCount": 1}}}}
