"""Who brings a consistency token never sees a state before the one that they have seen."""

from __future__ import annotations

import secrets

import httpx
import pytest

from gateway.changes.consistency_tokens import (
    LIFETIME_SECONDS,
    ConsistencyTokens,
    UnusableToken,
)
from gateway.changes.position import LogPosition
from tests.replicas.conftest import COUNTED, Cluster, Gateway, OpenGateway, opened

TOKEN = "consistency-token"
POSITION = LogPosition(7, -(1 << 63))


class Clock:
    seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_token_is_opened_by_whoever_has_the_secret_for_an_hour(clock: Clock) -> None:
    token = ConsistencyTokens("secret", clock).seal(POSITION)
    other = ConsistencyTokens("secret", clock)
    clock.seconds += LIFETIME_SECONDS
    assert other.open(token) == POSITION
    clock.seconds += 1
    with pytest.raises(UnusableToken) as caught:
        other.open(token)
    assert caught.value.is_expired


@pytest.mark.parametrize("ahead", [61, LIFETIME_SECONDS])
def test_a_token_of_a_gateway_whose_clock_is_ahead_is_opened(clock: Clock, ahead: int) -> None:
    tokens = ConsistencyTokens("secret", clock)
    clock.seconds += ahead
    token = tokens.seal(POSITION)
    clock.seconds -= ahead
    assert tokens.open(token) == POSITION


def test_a_token_of_a_time_far_ahead_is_good_for_no_longer(clock: Clock) -> None:
    tokens = ConsistencyTokens("secret", clock)
    clock.seconds += LIFETIME_SECONDS + 1
    token = tokens.seal(POSITION)
    clock.seconds -= LIFETIME_SECONDS + 1
    with pytest.raises(UnusableToken) as caught:
        tokens.open(token)
    assert caught.value.is_expired


@pytest.mark.parametrize("token", ["x", "", "ä", "A" * 1000, "7", "\x00"])
def test_what_is_no_token_is_not_opened(clock: Clock, token: str) -> None:
    with pytest.raises(UnusableToken) as caught:
        ConsistencyTokens("secret", clock).open(token)
    assert not caught.value.is_expired


def test_a_token_is_not_opened_with_another_secret_or_once_it_is_changed(clock: Clock) -> None:
    tokens = ConsistencyTokens("secret", clock)
    token = tokens.seal(POSITION)
    place = secrets.randbelow(len(token) - 2)
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    for one, text in ((ConsistencyTokens("other", clock), token), (tokens, changed)):
        with pytest.raises(UnusableToken) as caught:
            one.open(text)
        assert not caught.value.is_expired


def test_tokens_tell_nothing_of_versions(clock: Clock) -> None:
    tokens = ConsistencyTokens("secret", clock)
    sealed = [tokens.seal(LogPosition(version, 5)) for version in (1, 2, 1)]
    assert len(set(sealed)) == 3
    assert {len(token) for token in sealed} == {len(sealed[0])}


def counts(gateway: Gateway) -> dict[str, int]:
    found = gateway.services.consistent_reads.counts
    return {result: number for result, number in found.items() if number}


async def test_what_was_written_is_seen_with_its_token(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    async with gateway_of(
        cluster.url, cluster.standby_urls, read_lag_seconds=3600, primary_reads_per_minute=3
    ) as gateway:
        stored = await gateway.store(31, project=31)
        await cluster.caught_up()
        assert stored.headers[TOKEN]
        assert await gateway.total(31) == 1
        assert TOKEN not in (await gateway.ask(31)).headers
        behind = cluster.standby_urls[0]
        async with cluster.paused(behind):
            token = (await gateway.store(32, project=31)).headers[TOKEN]
            assert await gateway.total(31) == 1
            seen = await gateway.ask(31, **{TOKEN: token})
            assert total(seen) == 2
            assert "consistency" not in seen.headers
            assert await gateway.total(31) == 1
            # Cached answers are of the state that was asked for as well, with or without it.
            assert [await gateway.total(31, **{TOKEN: token}) for _ in range(2)] == [2, 2]
            limited = await gateway.ask(31, **{TOKEN: token})
            assert (total(limited), limited.headers["consistency"]) == (1, "eventual")
            # It has seen more already.
            assert TOKEN not in limited.headers
        await cluster.caught_up()
        again = await gateway.ask(31, **{TOKEN: token})
        assert (total(again), "consistency" in again.headers) == (2, False)
        assert again.headers[TOKEN]
        assert counts(gateway) == {"primary": 3, "limited": 1, "standby": 1}


async def test_what_is_read_nowhere_is_not_older(cluster: Cluster, gateway_of: OpenGateway) -> None:
    async with gateway_of(cluster.url, cluster.standby_urls, read_lag_seconds=3600) as gateway:
        async with cluster.paused(cluster.standby_urls[0]):
            token = {TOKEN: (await gateway.store(37, project=37)).headers[TOKEN]}
            body = {"query": "{ __typename }"}
            answer = await gateway.client.post("/graphql", json=body, headers=token)
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert "consistency" not in answer.headers


async def test_totals_never_decrease_for_who_brings_the_last_token(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    """One client, whose requests reach gateways of different standbys in turn."""
    one, two = cluster.standby_urls
    async with (
        opened(cluster.url, (one,), read_lag_seconds=3600) as first,
        opened(cluster.url, (two,), read_lag_seconds=3600) as second,
    ):
        await first.store(3399, project=33)
        await cluster.caught_up()
        seen, token = [], ""
        for number in range(4):
            async with cluster.paused((one, two)[number % 2]):
                await first.store(3300 + number, project=33)
                await cluster.caught_up((two, one)[number % 2])
                for gateway in (first, second, first):
                    response = await gateway.ask(33, **{TOKEN: token})
                    token = response.headers.get(TOKEN, token)
                    assert "consistency" not in response.headers
                    seen.append(total(response))
            await cluster.caught_up()
        assert seen == sorted(seen)
        assert seen[-1] == 5


async def test_of_several_tokens_the_newest_counts(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    """Who asks for several things at once cannot tell which answer was the newest."""
    async with gateway_of(cluster.url, cluster.standby_urls, read_lag_seconds=3600) as gateway:
        older = (await gateway.store(35, project=35)).headers[TOKEN]
        await cluster.caught_up()
        async with cluster.paused(cluster.standby_urls[0]):
            newer = (await gateway.store(36, project=35)).headers[TOKEN]
            assert await gateway.total(35, **{TOKEN: older}) == 1
            for sent in (f"{older}, {newer}", f"{newer},{older}", f",{newer},"):
                assert await gateway.total(35, **{TOKEN: sent}) == 2
            lines = httpx.Headers([(TOKEN, newer), (TOKEN, older)])
            body = {"query": COUNTED, "variables": {"id": "35"}}
            twice = await gateway.client.post("/graphql", json=body, headers=lines)
            assert total(twice) == 2
            assert counts(gateway) == {"standby": 1, "primary": 4}
            # What is none is ignored, and beyond ten nothing is looked at.
            assert await gateway.total(35, **{TOKEN: f"{older},x"}) == 1
            assert await gateway.total(35, **{TOKEN: "x," * 10 + newer}) == 1
        assert counts(gateway) == {"standby": 2, "primary": 4, "invalid": 11}


async def test_tokens_that_cannot_be_are_ignored_and_counted(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    async with gateway_of(cluster.url, cluster.standby_urls) as gateway:
        assert (await gateway.store(34, project=34)).status_code == 204
        await cluster.caught_up()
        new = await gateway.ask(34, **{TOKEN: ""})
        token = new.headers[TOKEN]
        tokens = gateway.services.consistent_reads._tokens
        assert tokens is not None
        position = tokens.open(token)
        ahead = tokens.seal(LogPosition(position.version + 10, 1))
        lost = tokens.seal(LogPosition(position.version, position.mark ^ 1))
        forged = ConsistencyTokens("guessed", tokens._now).seal(position)
        old = ConsistencyTokens("", lambda: 0)
        old._fernet = tokens._fernet
        for sent in (ahead, lost, forged, old.seal(position)):
            response = await gateway.ask(34, **{TOKEN: sent})
            assert total(response) == 1
            assert "consistency" not in response.headers
        assert counts(gateway) == {"new": 1, "ahead": 2, "invalid": 1, "expired": 1}


def total(response: httpx.Response) -> int:
    return int(response.json()["data"]["project"]["classifications"]["totalCount"])
