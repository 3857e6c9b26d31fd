"""Memory is flat: as many different requests once more take no more of it.

``make soak`` sends 100,000 of each kind; without ``SOAK_REQUESTS`` it sends 1,000.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson
import psutil
import pytest

from tests.graphql.test_budget import free_port
from tests.server import serving

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "1000"))
#: Of all caches, small enough to be full by half of what the short form sends.
SMALL = {
    "STATS_GATEWAY_CACHE_BYTES": "1000000",
    "STATS_GATEWAY_ANSWER_CACHE_BYTES": "500000",
    "STATS_GATEWAY_DOCUMENT_CACHE_BYTES": "2000000",
    "STATS_GATEWAY_COST_PER_MINUTE": "100000000",
    "STATS_GATEWAY_LOG_LEVEL": "warning",
}
CACHES = {
    *("documents", "plans", "variables", "persisted", "compressed", "tokens", "headers"),
    *("statements", "budgets", "facts", "answers", "changes", "live"),
}

Request = tuple[str, str, bytes | None, dict[str, str]]


def post(body: dict[str, Any], **headers: str) -> Request:
    return "POST", "/graphql", orjson.dumps(body), {"Content-Type": "application/json", **headers}


def another_document(number: int) -> Request:
    query = f"query A{number} {{ a{number}: usersByIds(ids: [{number}]) {{ login }} }}"
    return post({"query": query}, Accept=f"application/json, text/x{number}")


def another_selection(number: int) -> Request:
    """Other statements united, of other ranges."""
    end = f"2023-{1 + number % 12:02}-15"
    fields = [
        f'f{bit}: classifications(range: {{ start: "20{10 + bit}-0{1 + bit % 3}-01", '
        f'end: "{end}" }}) {{ totalCount buckets(period: YEAR) {{ count }} }}'
        for bit in range(5)
        if number >> bit & 1
    ]
    return post({"query": f"{{ n{number}: __typename {' '.join(fields)} }}"})


def other_variables(number: int) -> Request:
    query = "query ($ids: [ID!]!) { projectsByIds(ids: $ids) { displayName } }"
    return post({"query": query, "variables": {"ids": [str(number), str(number + 1)]}})


def undeclared_variables(number: int) -> Request:
    query = "{ classifications { totalCount } }"
    return post({"query": query, "variables": {f"v{number}": "x" * 2000}})


def a_copy(number: int) -> Request:
    query = quote(f"{{ c{number}: classifications {{ totalCount }} }}")
    return "GET", f"/graphql?query={query}", None, {"If-None-Match": f'"{number}"'}


def a_registered_document(number: int) -> Request:
    query = f"query P{number} {{ __typename }}"
    named = {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}
    return post({"query": query, "extensions": {"persistedQuery": named}})


def an_invalid_document(number: int) -> Request:
    return post({"query": f"{{ nothing{number} }}"})


def another_address(number: int) -> Request:
    accepted = {"Accept-Encoding": f"gzip, x{number}"}
    return "GET", f"/classifications?project_id={number}&period=year", None, accepted


KINDS: tuple[Callable[[int], Request], ...] = (
    another_document,
    another_selection,
    other_variables,
    undeclared_variables,
    a_copy,
    a_registered_document,
    an_invalid_document,
    another_address,
)


class Asking:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port)
        self.close = self._connection.close

    def ask(self, request: Request) -> bytes:
        self._connection.request(*request)
        response = self._connection.getresponse()
        body = response.read()
        assert response.status in (200, 400), body
        return gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body


def sizes(port: int) -> Iterator[tuple[str, float]]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for name, size in re.findall(r'^stats_gateway_cache_bytes\{cache="(\w+)"\} (\S+)', text, re.M):
        yield name, float(size)


@pytest.mark.timeout(0)
def test_memory_is_flat_after_many_different_requests(tmp_path: Path) -> None:
    port = free_port()
    settings = {**SMALL, "STATS_GATEWAY_METRICS_PORT": str(port)}
    with ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path, **settings))
        process, asking = psutil.Process(server.process.pid), Asking(server.url)
        stack.callback(asking.close)
        resident = []
        for half in range(2):
            for number in range(half * REQUESTS // 2, (half + 1) * REQUESTS // 2):
                for kind in KINDS:
                    asking.ask(kind(number + 1))
            resident.append(process.memory_info().rss)
        kept = dict(sizes(port))
    before, after = resident
    print(f"resident after {REQUESTS // 2} of each kind: {before:,}, after {REQUESTS}: {after:,}")
    print(", ".join(f"{name} {size:,.0f}" for name, size in kept.items()))
    assert kept.keys() == CACHES
    assert kept["facts"] <= 1_000_000
    assert kept["answers"] <= 500_000
    assert kept["documents"] + kept["plans"] + kept["variables"] <= 2_000_000
    assert after <= 1.05 * before
