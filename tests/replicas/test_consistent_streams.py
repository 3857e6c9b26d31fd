"""Live answers: each has a token, so that whoever goes on elsewhere sees nothing older."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from gateway.auth.keys import write_new_keys
from tests.graphql.live.reading import EVENTS, PARTS
from tests.graphql.live.socket_client import initialised
from tests.replicas.conftest import Cluster, OpenGateway, serving_at_a_standby
from tests.replicas.doors import LIVE, NUMBERS, TOKEN, Site

EXTENSION = "consistencyToken"
WEBSOCKET = "websocket"


async def answers(
    site: Site, way: str, number: int, token: str | None, **extensions: Any
) -> AsyncGenerator[Any, None]:
    """The live answers about a project, to who brings this token."""
    query = LIVE % number
    if way == WEBSOCKET:
        if token is not None:
            extensions[EXTENSION] = token
        async with initialised(site.server) as socket:
            await socket.ask("a", query, extensions=extensions)
            while True:
                yield (await socket.hear())["payload"]
    headers = {"accept": way} | ({} if token is None else {TOKEN: token})
    body = {"query": query, "extensions": extensions}
    async with site.client.stream("POST", site.server.url, json=body, headers=headers) as response:
        async for line in response.aiter_lines():
            content = line.removeprefix("data: ")
            if content.startswith('{"'):
                answer = json.loads(content)
                yield answer["payload"] if way == PARTS else answer


def total(answer: Any) -> int:
    return int(answer["data"]["live"]["project"]["classifications"]["totalCount"])


@pytest.mark.parametrize("way", [EVENTS, PARTS, WEBSOCKET])
async def test_the_token_of_a_live_answer_is_of_its_state(
    cluster: Cluster, site: Site, gateway_of: OpenGateway, way: str
) -> None:
    number, other = next(NUMBERS), cluster.standby_urls[1]
    await site.store(2 * number, number)
    await cluster.caught_up()
    async with (
        gateway_of(cluster.url, (other,), read_lag_seconds=3600) as elsewhere,
        aclosing(answers(site, way, number, "")) as following,
    ):
        before = await anext(following)
        async with cluster.paused(other):
            await site.store(2 * number + 1, number)
            after = await anext(following)
            assert [total(before), total(after)] == [1, 2]
            for answer in (before, after):
                token = answer["extensions"][EXTENSION]
                assert await elsewhere.total(number, **{TOKEN: token}) == total(answer)
        assert elsewhere.services.consistent_reads.counts["standby"] == 1
        assert elsewhere.services.consistent_reads.counts["primary"] == 1


async def test_a_cached_live_answer_is_of_the_state_at_which_it_was_found_to_hold(
    cluster: Cluster, site: Site
) -> None:
    """What was written meanwhile has not changed it."""
    number, other = next(NUMBERS), next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    async with aclosing(answers(site, WEBSOCKET, number, "")) as following:
        await anext(following)
        token = await site.store(2 * other, other)
        await cluster.caught_up()
        async with aclosing(answers(site, WEBSOCKET, number, token)) as later:
            answer = await anext(later)
    assert (total(answer), set(answer["extensions"])) == (1, {EXTENSION})


@pytest.mark.parametrize("way", [EVENTS, PARTS, WEBSOCKET])
async def test_extensions_of_live_answers_are_for_who_asks(
    cluster: Cluster, site: Site, way: str
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    for token, cost, expected in (
        (None, False, None),
        ("", False, {EXTENSION}),
        ("", True, {EXTENSION, "cost"}),
    ):
        asked = {"cost": True} if cost else {}
        async with aclosing(answers(site, way, number, token, **asked)) as following:
            answer = await anext(following)
        assert answer.get("extensions") == expected or set(answer["extensions"]) == expected


async def test_a_live_answer_that_may_be_older_says_so(
    cluster: Cluster, site: Site, tmp_path: Path
) -> None:
    number = next(NUMBERS)
    await site.store(2 * number, number)
    await cluster.caught_up()
    write_new_keys(tmp_path / "keys")
    never = {"STATS_GATEWAY_PRIMARY_READS_PER_MINUTE": "0"}
    with serving_at_a_standby(cluster, tmp_path, **never) as server:
        async with cluster.paused(cluster.standby_urls[0]):
            token = await site.store(2 * number + 1, number)
            following = answers(site._replace(server=server), WEBSOCKET, number, token)
            older = await anext(following)
        assert (total(older), older["extensions"]) == (1, {"consistency": "eventual"})
        newer = await anext(following)
        assert (total(newer), set(newer["extensions"])) == (2, {EXTENSION})
        await following.aclose()
