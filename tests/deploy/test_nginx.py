"""What the example of a reverse proxy passes on, and whom the gateway takes its clients for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from gateway.settings import Settings
from tests.deploy.nginx import ADDRESS, EXAMPLE, Proxy, in_front_of
from tests.graphql.live.reading import EVENTS, STREAM, STREAM_SETTINGS, TOTAL, events
from tests.graphql.live.socket_client import SUBPROTOCOL, Socket, live_total, total
from tests.server import DEADLINE_SECONDS, serving
from tests.stream_events import classification

#: Costs three points.
QUERY = {"query": "{ classifications { totalCount timeSpent } me { id } }"}
UNITS = {"s": 1, "m": 1_048_576}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxied")
    settings = {
        **STREAM_SETTINGS,
        "STATS_GATEWAY_TRUSTED_PROXIES": ADDRESS,
        "STATS_GATEWAY_COST_PER_MINUTE": "10",
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
    }
    with (
        serving(folder, **settings) as server,
        in_front_of(urlsplit(server.url).netloc, folder) as proxy,
    ):
        yield proxy


def post_event(proxy: Proxy, number: int) -> None:
    with proxy.client("127.0.0.9") as client:
        event = classification(number, "2024-02-29T12:00:00.000Z", project=1, workflow=1)
        body = {"payload": [event]}
        assert client.post("/kinesis", json=body, auth=STREAM).status_code == 204


def test_live_answers_over_http_are_not_held_back(proxy: Proxy) -> None:
    with (
        proxy.client("127.0.0.2") as client,
        client.stream(
            "POST", "/graphql", json={"query": TOTAL}, headers={"accept": EVENTS}
        ) as response,
    ):
        told = (json.loads(one.data) for one in events(response) if one.name == "next")
        assert next(told) == live_total(0)
        post_event(proxy, 1)
        assert next(told) == live_total(1)


async def test_a_websocket_passes_with_its_live_answers(proxy: Proxy) -> None:
    async with connect(
        proxy.base.replace("https:", "wss:") + "/graphql",
        ssl=proxy.trust,
        subprotocols=[SUBPROTOCOL],
        local_addr=("127.0.0.3", 0),
        open_timeout=DEADLINE_SECONDS,
    ) as connection:
        socket = Socket(connection)
        await socket.initialise()
        now = (await socket.answer("{ classifications { totalCount } }"))["data"]
        before = now["classifications"]["totalCount"]
        await socket.ask("live", TOTAL)
        assert (await socket.hear())["payload"] == live_total(before)
        post_event(proxy, 2)
        assert (await socket.hear())["payload"] == live_total(before + 1)
        await socket.say("complete", id="live")
        assert await socket.answer("{ classifications { totalCount } }") == total(before + 1)


def test_budgets_are_of_the_clients_of_the_proxy_whatever_they_write(proxy: Proxy) -> None:
    def statuses(address: str, times: int, **headers: str) -> list[int]:
        with proxy.client(address) as client:
            asked = [client.get("/graphql", params=QUERY, headers=headers) for _ in range(times)]
        return [response.status_code for response in asked]

    assert statuses("127.0.0.4", 4) == [200, 200, 200, 429]
    assert statuses("127.0.0.4", 1, **{"x-forwarded-for": "203.0.113.9"}) == [429]
    assert statuses("127.0.0.5", 1, **{"x-forwarded-for": "127.0.0.4"}) == [200]


def test_bodies_meet_the_gateways_limit_and_larger_ones_the_proxys(proxy: Proxy) -> None:
    with proxy.client("127.0.0.6") as client:
        ours = client.post("/graphql", json={"query": "#" * 2 * UNITS["m"]})
        assert (ours.status_code, ours.json()["errors"][0]["extensions"]["code"]) == (
            413,
            "BODY_TOO_LARGE",
        )
        theirs = client.post("/kinesis", content=b" " * 17 * UNITS["m"], auth=STREAM)
        assert theirs.status_code == 413
        assert "nginx" in theirs.text


def test_its_limits_and_times_fit_the_gateways_settings() -> None:
    said = {
        name: int(number) * UNITS[unit]
        for name, number, unit in re.findall(r"^ +(\w+) (\d+)([sm]);$", EXAMPLE.read_text(), re.M)
    }
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic's own

    assert said["client_max_body_size"] >= settings.stream_max_body_bytes
    assert said["keepalive_timeout"] < settings.keep_alive_seconds
    assert said["proxy_read_timeout"] > settings.operation_timeout_seconds
    assert said["proxy_read_timeout"] > settings.heartbeat_seconds
