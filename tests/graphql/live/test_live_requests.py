"""Subscriptions over HTTP: by name, by machines, in batches, again, and in a closed schema."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from gateway.auth.api_keys import NewApiKey, new_api_key
from gateway.auth.viewer import Scope
from gateway.db import open_database
from gateway.directory.api_keys import add_api_key
from gateway.graphql.documents.identifiers import hash_of
from tests.graphql.live.reading import (
    COMPLETE,
    EVENTS,
    STREAM_SETTINGS,
    TOTAL,
    classify,
    events,
    total,
)
from tests.server import DEADLINE_SECONDS, Server, serving

QUERY = {"query": "{ classifications { totalCount } }"}
ADMINS = "subscription { live { gatewayStats { ledgerSize } } }"


class Closed(NamedTuple):
    """A server with a closed schema and a trusted document, and a key that may read everything."""

    server: Server
    key: str

    @contextmanager
    def stream(
        self, body: dict[str, Any], method: str = "POST", **headers: str
    ) -> Iterator[httpx.Response]:
        sent: dict[str, Any] = {"json": body}
        if method == "GET":
            written = {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
            sent = {"params": written}
        headers = {"accept": EVENTS} | headers
        with (
            httpx.Client(timeout=DEADLINE_SECONDS) as client,
            client.stream(method, self.server.url, headers=headers, **sent) as response,
        ):
            yield response

    def first(self, body: dict[str, Any], method: str = "POST", **headers: str) -> Any:
        """The first answer of a stream that is left then."""
        with self.stream(body, method, **headers) as response:
            assert response.headers["content-type"].startswith(EVENTS), response.read()
            return next(json.loads(one.data) for one in events(response) if one.name == "next")


async def _prepare(folder: Path, key: NewApiKey) -> None:
    async with open_database(f"sqlite:///{folder}/served.db") as database:
        await database.migrate()
        await database.write(lambda connection: add_api_key(connection, key.stored))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    folder = tmp_path_factory.mktemp("closed")
    key = new_api_key("machine", [Scope.STATS_READ], time.time_ns() // 1000)
    asyncio.run(_prepare(folder, key))
    (folder / "manifest.json").write_text(json.dumps({"x-page:total": TOTAL}))
    settings = {
        "STATS_GATEWAY_INTROSPECTION": "false",
        "STATS_GATEWAY_BATCH_LIMIT": "3",
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_FILE": f"{folder}/manifest.json",
    }
    with serving(folder, **STREAM_SETTINGS, **settings) as server:
        yield Closed(server, key.text)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_is_opened_by_its_name(closed: Closed, method: str) -> None:
    text = TOTAL.replace("subscription", f"subscription By{method}")
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}
    named = {"extensions": extensions}
    unknown = closed.first(named, method)
    assert unknown["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
    for body in ({"query": text, **named}, named, {"documentId": "x-page:total"}):
        assert set(closed.first(body, method)["data"]["live"]) == {"classifications"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_api_key_only_reads_and_may_subscribe(closed: Closed, method: str) -> None:
    headers = {"authorization": f"Bearer {closed.key}"}
    frame = closed.first({"query": ADMINS}, method, **headers)
    assert frame["data"]["live"]["gatewayStats"]["ledgerSize"] >= 0
    anonymous = closed.first({"query": ADMINS}, method)
    assert anonymous["data"] == {"live": {"gatewayStats": None}}
    (error,) = anonymous["errors"]
    assert (error["path"], error["extensions"]) == (
        ["live", "gatewayStats"],
        {"code": "UNAUTHENTICATED"},
    )


def test_in_a_batch_it_alone_is_refused(closed: Closed) -> None:
    batch = [QUERY, {"query": TOTAL}, {"documentId": "x-page:total"}]
    for _ in range(3):
        first, *refused = httpx.post(closed.server.url, json=batch).json()
        assert list(first) == ["data"]
        message = "A batch cannot hold a subscription: send it in a request of its own."
        error = {"message": message, "extensions": {"code": "BAD_REQUEST"}}
        assert refused == [{"errors": [error]}] * 2


def test_the_same_request_again_is_a_stream_of_its_own(closed: Closed) -> None:
    """It is never answered from what is remembered of requests."""
    body = {"query": TOTAL}
    before = [total(closed.first(body)) for _ in range(3)]
    assert len(set(before)) == 1
    with closed.stream(body) as one, closed.stream(body) as other:
        streams = [events(one), events(other)]
        for stream in streams:
            assert total(json.loads(next(stream).data)) == before[0]
        classify(closed.server, 1)
        for stream in streams:
            found = next(event for event in stream if event.name == "next")
            assert total(json.loads(found.data)) == before[0] + 1
    assert total(closed.first(body)) == before[0] + 1
    for _ in range(2):
        assert httpx.post(closed.server.url, json=body).status_code == 406


@pytest.mark.parametrize(
    "text",
    [
        "subscription { live { nothing } }",
        "subscription { live { _service { sdl } } }",
        "subscription { live { __schema { queryType { name } } } }",
        "subscription { life { __typename } }",
        "subscription { live @include(if: true) { __typename } }",
    ],
)
def test_a_closed_schema_says_one_sentence(closed: Closed, text: str) -> None:
    with closed.stream({"query": text}) as response:
        found, end = events(response)
    refused = {
        "message": "The operation does not fit the schema.",
        "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
    }
    assert (json.loads(found.data), end) == ({"errors": [refused]}, COMPLETE)
