"""Operators are told why credentials are refused, and which errors clients get; never a token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.auth.unverified import Wrong
from tests.auth.conftest import Pair, pair
from tests.auth.signing import ABSENT, payload, seconds_from_now, signed
from tests.docs.markdown import ROOT
from tests.graphql.live.socket_client import opened
from tests.server import Server, serving
from tests.telemetry.test_metrics import free_ports

#: What no token brings about by itself: two credentials, and what ends afterwards.
OTHERS = {Wrong.SEVERAL, Wrong.ERASED, Wrong.OVER}


@cache
def ours() -> Pair:
    return pair()


@cache
def tokens() -> Mapping[Wrong, str]:
    """A credential for each thing that can be wrong with one."""
    return {
        Wrong.EXPIRED: signed(ours(), payload(exp=seconds_from_now(-3600))),
        Wrong.EARLY: signed(ours(), payload(nbf=seconds_from_now(3600))),
        Wrong.ISSUER: signed(ours(), payload(iss="pan-staging")),
        Wrong.AUDIENCE: signed(ours(), payload(aud="somebody-else")),
        Wrong.KEY: signed(pair(), payload()),
        Wrong.CLAIMS: signed(ours(), payload(iss=ABSENT)),
        Wrong.MALFORMED: "c0ffee.c0ffee.c0ffee",
        Wrong.API_KEY: f"sgw_{'0' * 12}_{'0' * 64}",
    }


class Watched(NamedTuple):
    """A gateway and the port of its metrics."""

    server: Server
    metrics_port: int

    def counts(self, name: str) -> dict[str, float]:
        """The samples of a counter, by the value of its only label."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=60).text
        return {
            next(iter(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"stats_gateway_{name}_total"
        }

    def line(self, request_id: str) -> dict[str, Any]:
        """The line of a request, which is written when it is over."""
        self.server.wait_until_said(f'"request_id":"{request_id}"')
        lines = [json.loads(one) for one in self.server.log.read_text().splitlines() if "{" in one]
        (found,) = (one for one in lines if one.get("request_id") == request_id)
        return dict(found)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "public.pem").write_bytes(ours().public_pem)
    (port,) = free_ports(1)
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": f"{folder}/public.pem",
        "STATS_GATEWAY_METRICS_PORT": str(port),
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_INCREMENTAL_DELIVERY": "true",
    }
    with serving(folder, **settings) as server:
        yield Watched(server, port)


@pytest.mark.parametrize(
    "path", ["/graphql?query={me{id}}", "/classifications", "/api/user_groups"]
)
def test_each_reason_is_logged_and_counted_and_clients_see_one_answer(
    watched: Watched, path: str
) -> None:
    url = watched.server.url.removesuffix("/graphql") + path
    before = watched.counts("refused_credentials")
    answers = set()
    for wrong, token in tokens().items():
        name = f"{path[1:4]}-{wrong}"
        headers = {"authorization": f"Bearer {token}", "x-request-id": name}
        answers.add(httpx.get(url, headers=headers, timeout=60).text)
        line = watched.line(name)
        assert (line["credentials"], line["errors"]) == (wrong, ["UNAUTHENTICATED"])
    assert len(answers) == 1
    after = watched.counts("refused_credentials")
    assert {wrong: after[wrong] - before.get(wrong, 0) for wrong in tokens()} == dict.fromkeys(
        tokens(), 1
    )
    log = watched.server.log.read_text()
    assert not [token for token in tokens().values() if token in log or token.split(".")[-1] in log]


def test_two_credentials_are_a_reason_of_their_own(watched: Watched) -> None:
    token = tokens()[Wrong.EXPIRED]
    headers = [
        ("authorization", f"Bearer {token}"),
        ("authorization", f"Bearer {token}x"),
        ("x-request-id", "several"),
    ]
    refused = httpx.get(watched.server.url, params={"query": "{a}"}, headers=headers)
    assert refused.status_code == 401
    assert watched.line("several")["credentials"] == "several"


async def test_a_websocket_tells_the_same(watched: Watched) -> None:
    headers = {"x-request-id": "socket"}
    async with opened(watched.server, headers=headers) as socket:
        await socket.say(
            "connection_init", payload={"authorization": f"Bearer {tokens()[Wrong.ISSUER]}"}
        )
        assert await socket.closed() == (4403, "The credentials are not valid.")
    line = watched.line("socket")
    assert (line["credentials"], line["errors"]) == ("issuer", ["UNAUTHENTICATED"])


def test_codes_of_errors_are_logged_once_each_and_counted(watched: Watched) -> None:
    before = watched.counts("errors")
    document = "{ a: user(id: 1) { id } b: user(id: 2) { id } me { id } classifications { n } }"
    for name, query in {
        "several-errors": "{ a: project(id: 1) { id } b: project(id: 2) { id } }",
        "refused": document,
        "fine": "{ me { id } }",
    }.items():
        httpx.get(watched.server.url, params={"query": query}, headers={"x-request-id": name})
    assert watched.line("several-errors")["errors"] == ["NOT_FOUND"]
    assert watched.line("refused")["errors"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "errors" not in watched.line("fine")
    base = watched.server.url.removesuffix("/graphql")
    httpx.post(f"{base}/kinesis", json={}, headers={"x-request-id": "stranger"})
    assert watched.line("stranger")["errors"] == ["FORBIDDEN"]
    httpx.get(f"{base}/nowhere", headers={"x-request-id": "nowhere"})
    assert watched.line("nowhere")["errors"] == ["NOT_FOUND"]
    after = watched.counts("errors")
    counted = {code: after[code] - before.get(code, 0) for code in after}
    assert {code: number for code, number in counted.items() if number} == {
        "NOT_FOUND": 2,
        "GRAPHQL_VALIDATION_FAILED": 1,
        "FORBIDDEN": 1,
    }


def test_a_part_that_comes_later_is_told_of_too(watched: Watched) -> None:
    deferred = "{ classifications { totalCount } ... @defer { project(id: 1) { id } } }"
    headers = {"accept": "multipart/mixed", "x-request-id": "deferred"}
    answer = httpx.get(watched.server.url, params={"query": deferred}, headers=headers, timeout=60)
    assert '"code":"NOT_FOUND"' in answer.text
    assert watched.line("deferred")["errors"] == ["NOT_FOUND"]


def test_every_reason_is_documented_and_has_a_test() -> None:
    document = (ROOT / "docs" / "metrics.md").read_text()

    assert tokens().keys() | OTHERS == set(Wrong)
    assert [wrong for wrong in Wrong if f"| `{wrong}` |" not in document] == []
