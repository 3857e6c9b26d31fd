"""What a subscription is charged for that is refused, and how often it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
from graphql import DocumentNode, parse
from starlette.requests import Request

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.errors import Unavailable
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.budget import Budget
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.endpoint.live_endpoint import LiveEndpoint
from gateway.graphql.endpoint.live_response import StreamTimes
from gateway.graphql.live.limits import LiveLimits
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import RateLimited, TooManyLiveOperations
from gateway.http.connections import Connections
from gateway.http.media import EVENT_STREAM
from gateway.http.peers import PeerLimits
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.followers import NEVER
from tests.graphql.live.socket_client import LIVE_TOTAL

PER_MINUTE = 1_000
#: To read it costs more than anybody has.
LONG = f"{LIVE_TOTAL} #{'x' * 12_000}"


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    costs, budget = CostModel(graphql_schema, lambda: 0), Budget(PER_MINUTE, lambda: 0.0)
    async with Gateway(database, admission=Admission(costs, PER_MINUTE, budget)) as gateway:
        yield gateway


def live_of(gateway: Gateway) -> LiveAnswers:
    """In which everybody has one operation."""
    clock, limits = lambda: gateway.now, LiveLimits(1, 10)
    return LiveAnswers(gateway.executor.live, gateway.changes, clock, NEVER, limits=limits)


async def open_one(gateway: Gateway, live: LiveAnswers, text: str) -> LiveStream:
    request, record = GraphQLRequest(text), RequestRecord("", "POST")
    assert await gateway.executor.live.is_subscription(request, ANONYMOUS, record)
    stream = await live.open(request, ANONYMOUS, (), record)
    assert isinstance(stream, LiveStream)
    return stream


async def test_who_has_too_many_pays_for_what_was_read(gateway: Gateway) -> None:
    live = live_of(gateway)
    with ExitStack() as stack:
        stack.callback((await open_one(gateway, live, LIVE_TOTAL)).close)
        with pytest.raises(TooManyLiveOperations):
            await open_one(gateway, live, LONG)
        with pytest.raises(RateLimited):
            await open_one(gateway, live, f"{LONG}x")


async def test_who_finds_no_place_pays_for_what_was_read(gateway: Gateway) -> None:
    connections = Connections(PeerLimits(connections=0))
    times = StreamTimes(10, 10)
    endpoint = LiveEndpoint(
        gateway.executor.live, live_of(gateway), ErrorMask(), times, connections
    )
    request = Request({"type": "http", "method": "POST", "headers": []})
    for text, refusal in ((LONG, Unavailable), (f"{LONG}x", RateLimited)):
        with pytest.raises(refusal):
            await endpoint.open(
                request, GraphQLRequest(text), EVENT_STREAM, ANONYMOUS, RequestRecord("", "POST")
            )


async def test_a_document_is_parsed_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def counted(text: str, **options: Any) -> DocumentNode:
        parsed.append(text)
        return parse(text, **options)

    monkeypatch.setattr("gateway.graphql.documents.document_cache.parse", counted)
    live = live_of(gateway)
    (await open_one(gateway, live, LIVE_TOTAL)).close()
    (await open_one(gateway, live, LIVE_TOTAL)).close()
    assert parsed == [LIVE_TOTAL]
