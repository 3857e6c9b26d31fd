"""How streams over HTTP end, in either form, and what does not even begin."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.tokens import LEEWAY_SECONDS
from tests.auth.conftest import pair
from tests.auth.signing import payload, seconds_from_now, signed
from tests.graphql.live.reading import (
    COMPLETE,
    EVENTS,
    PARTS,
    TOTAL,
    Event,
    events,
    parts,
    subscribed,
)
from tests.server import Server, serving

ME = "subscription { live { me { login } } }"
OURS = pair()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "public.pem").write_bytes(OURS.public_pem)
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": f"{folder}/public.pem",
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_LIVE_PER_VIEWER": "1",
        "STATS_GATEWAY_COST_PER_MINUTE": "1000",
    }
    with serving(folder, **settings) as running:
        yield running


def soon_over(user: int) -> str:
    """A token that is good for a few seconds more."""
    claims = payload({"id": user}, exp=seconds_from_now(3) - int(LEEWAY_SECONDS))
    return f"Bearer {signed(OURS, claims)}"


def codes(errors: list[Any]) -> list[str]:
    return [one["extensions"]["code"] for one in errors]


def test_events_tell_that_a_credential_is_over(server: Server) -> None:
    with subscribed(server, EVENTS, ME, authorization=soon_over(1)) as response:
        first, second, third = events(response)
    assert json.loads(first.data) == {"data": {"live": {"me": {"login": "ada"}}}}
    assert second.name == "next"
    assert codes(json.loads(second.data)["errors"]) == ["UNAUTHENTICATED"]
    assert third == COMPLETE


def test_parts_tell_that_a_credential_is_over(server: Server) -> None:
    with subscribed(server, PARTS, ME, authorization=soon_over(2)) as response:
        first, last = parts(response)
    assert first == {"payload": {"data": {"live": {"me": {"login": "ada"}}}}}
    assert last["payload"] is None
    assert codes(last["errors"]) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(("accept", "viewer"), [(EVENTS, 5), (PARTS, 6)])
def test_one_subscription_too_many_is_a_status(server: Server, accept: str, viewer: int) -> None:
    # Each is another viewer: the server may not have noticed yet that a stream was closed.
    sent = {"authorization": f"Bearer {signed(OURS, payload({'id': viewer}))}", "accept": accept}
    with subscribed(server, accept, authorization=sent["authorization"]) as first:
        assert first.status_code == 200
        refused = httpx.post(server.url, json={"query": TOTAL}, headers=sent, timeout=60)
    assert refused.status_code == 429
    assert codes(refused.json()["errors"]) == ["TOO_MANY_LIVE_OPERATIONS"]
    assert int(refused.headers["retry-after"]) > 0


def test_a_budget_that_is_used_up_is_a_status(server: Server) -> None:
    key = {"authorization": f"Bearer {signed(OURS, payload({'id': 3}))}", "accept": EVENTS}
    for _ in range(1000):
        query = {"query": "subscription { " + "a" * 5000 + " }"}
        answer = httpx.post(server.url, json=query, headers=key, timeout=60)
        if answer.status_code != 200:
            break
    assert answer.status_code == 429
    assert codes(answer.json()["errors"]) == ["RATE_LIMITED"]
    assert int(answer.headers["retry-after"]) > 0


def test_streams_leave_a_tenth_of_all_connections_to_others(tmp_path: Path) -> None:
    accepted = {"accept": EVENTS}
    with serving(tmp_path, STATS_GATEWAY_CONNECTIONS="20") as server:
        with ExitStack() as stack:
            for _ in range(18):
                response = stack.enter_context(subscribed(server, EVENTS))
                assert response.status_code == 200
            refused = httpx.post(server.url, json={"query": TOTAL}, headers=accepted, timeout=60)
            answered = httpx.post(server.url, json={"query": "{ __typename }"}, timeout=60)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert codes(refused.json()["errors"]) == ["UNAVAILABLE"]
        assert answered.json() == {"data": {"__typename": "Query"}}
        server.wait_for('"frames"', 18)
        with subscribed(server, EVENTS) as response:
            assert response.status_code == 200


@pytest.mark.parametrize("drain", ["0", "2"])
def test_streams_of_a_server_that_stops_lead_elsewhere(tmp_path: Path, drain: str) -> None:
    settings = {"STATS_GATEWAY_DRAIN_SECONDS": drain}
    with (
        serving(tmp_path, **settings) as server,
        subscribed(server, EVENTS) as posted,
        subscribed(server, EVENTS, method="GET") as by_browser,
        subscribed(server, PARTS) as in_parts,
    ):
        streams = events(posted), events(by_browser), parts(in_parts)
        for stream in streams:
            next(stream)
        server.process.send_signal(signal.SIGTERM)
        # graphql-sse asks again when there is no event ``complete``, browsers do after ``retry``.
        assert not list(streams[0])
        (retry,) = streams[1]
        (last,) = streams[2]
        assert server.process.wait(60) == -signal.SIGTERM
        log = server.log.read_text()
    assert isinstance(retry, Event)
    assert retry.name == "retry"
    assert 0 < int(retry.data) <= 60_000
    assert last["payload"] is None
    assert codes(last["errors"]) == ["UNAVAILABLE"]
    assert log.count('"frames":1,"result":"ok"') == 3
    assert "Traceback" not in log
