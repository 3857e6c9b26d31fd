"""Caches of gateways that go on at a server which is ahead, behind, or went another way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gateway.db import open_database
from tests.conftest import administer, at
from tests.replicas.conftest import Cluster, Gateway, OpenGateway, opened

#: Changed before the copies went apart; then by the first, by the second, by both, by neither.
BEFORE, FIRST, SECOND, BOTH, NEITHER = range(11, 16)
PROJECTS = (BEFORE, FIRST, SECOND, BOTH, NEITHER)
ROUNDS, ASKED = 10, 12


@asynccontextmanager
async def copies(cluster: Cluster) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """Gateways that write to two copies of one database, and read from the other one of them."""
    first, second = at(cluster.url, "first"), at(cluster.url, "second")
    await administer(cluster.url, "CREATE DATABASE first")
    try:
        async with open_database(first) as database:
            await database.migrate()
        async with opened(first, (first,)) as gateway:
            for project in PROJECTS:
                assert (await gateway.store(project, project=project)).status_code == 204
        await administer(cluster.url, "CREATE DATABASE second TEMPLATE first")
        async with AsyncExitStack() as stack:
            one = await stack.enter_async_context(opened(first, (second,)))
            other = await stack.enter_async_context(opened(second, (first,)))
            yield one, other
    finally:
        for name in ("first", "second"):
            await administer(cluster.url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def totals(gateway: Gateway) -> list[int]:
    """What it says of all projects, each asked twice: from the database and from caches."""
    once = [await gateway.total(project) for project in PROJECTS]
    assert [await gateway.total(project) for project in PROJECTS] == once
    return once


@pytest.mark.parametrize(("first", "second"), [(2, 2), (1, 3), (3, 1)])
async def test_copies_that_went_apart_share_no_answer(
    cluster: Cluster, first: int, second: int
) -> None:
    async with copies(cluster) as (one, other):
        assert await totals(one) == await totals(other) == [1, 1, 1, 1, 1]
        for gateway, own, times in ((one, FIRST, first), (other, SECOND, second)):
            for number in range(times):
                event = 1000 * own + 2 * number
                assert (await gateway.store(event, project=own)).status_code == 204
                assert (await gateway.store(event + 1, project=BOTH)).status_code == 204
        # Each reads from what the other writes to.
        of_first = [1, 1 + first, 1, 1 + first, 1]
        of_second = [1, 1, 1 + second, 1 + second, 1]
        assert await totals(one) == of_second
        assert await totals(other) == of_first
        await administer(
            cluster.url,
            "ALTER DATABASE second ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'second'",
        )
        assert await totals(one) == of_first
        assert await totals(other) == of_first
        await administer(cluster.url, "ALTER DATABASE second ALLOW_CONNECTIONS true")
        for _ in range(3):
            await one.checks.check()
        assert await totals(one) == of_second


async def share_of_hits(
    cluster: Cluster, gateway: Gateway, first: int, paused: str | None
) -> float:
    """Ask for projects again and again while one of them changes; the answers from caches."""
    seconds = 0.0
    gateway.checks._clock = lambda: seconds
    projects = range(first, first + ASKED)
    for project in projects:
        assert (await gateway.store(project, project=project)).status_code == 204
    await cluster.caught_up()
    responses = gateway.services.responses
    assert responses is not None
    before = responses.counts
    async with AsyncExitStack() as stack:
        for number in range(ROUNDS):
            if paused is not None and number == 2:
                await stack.enter_async_context(cluster.paused(paused))
            if number == 7:
                await stack.aclose()
                await cluster.caught_up()
            assert (await gateway.store(first * 100 + number, project=first)).status_code == 204
            if paused is not None and 2 <= number < 7:
                await cluster.caught_up(*(url for url in cluster.standby_urls if url != paused))
            else:
                await cluster.caught_up()
            seconds += 4
            await gateway.checks.check()
            for project in projects:
                await gateway.total(project)
    now = responses.counts
    hits, misses = now.hits - before.hits, now.misses - before.misses
    return hits / (hits + misses)


async def test_caches_survive_a_standby_that_is_behind(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    one, two = cluster.standby_urls
    async with gateway_of(cluster.url, (one,)) as gateway:
        alone = await share_of_hits(cluster, gateway, 100, None)
    async with gateway_of(cluster.url, (two, one), read_lag_seconds=5) as gateway:
        servers = gateway.services.database.read_servers
        assert servers is not None
        beside = await share_of_hits(cluster, gateway, 200, two)
        assert servers.moves == 2
        feeds = (gateway.services.changes, gateway.services.primary_changes)
        assert sum(feed.restarted for feed in feeds) == 1
    assert alone > 0.5
    assert beside >= 0.8 * alone
