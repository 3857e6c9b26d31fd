"""When a credential ends, its streams end; those of others go on, and nothing is read for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.api_keys import revoke_api_key
from gateway.directory.erase_user import erase_user
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.execution.basis import Evaluation
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.stream import LiveStream
from tests.auth.conftest import Pair, pair
from tests.events_of import classification, store
from tests.graphql.live.world import NOW_US, Lines, World, api_key, bearer

TOTAL = "classifications { totalCount }"


@pytest.fixture(scope="session")
def ours() -> Pair:
    return pair()


@pytest.fixture(scope="session")
def older() -> Pair:
    return pair()


async def opened(world: World, lines: Lines = ()) -> LiveStream:
    """A stream whose first frame was read."""
    stream = await world.open(TOTAL, lines)
    async with asyncio.timeout(10):
        await anext(stream)
    return stream


async def is_over(stream: LiveStream) -> bool:
    """Whether the stream has ended with UNAUTHENTICATED; nothing is waiting for it if not."""
    try:
        async with asyncio.timeout(0):
            await anext(stream)
    except TimeoutError:
        return False
    except CredentialsOver:
        return True
    raise AssertionError("There was a frame.")


@pytest.fixture
async def world(database: Database, ours: Pair, older: Pair) -> AsyncIterator[World]:
    world = World(database, ours.key, older.key)
    async with world.gateway, world.authenticator, world.live:
        yield world


def revoke(name: str) -> Callable[[Connection], Any]:
    return partial(revoke_api_key, id_or_name=name, now_us=NOW_US)


async def test_a_stream_ends_when_its_token_expires(world: World, ours: Pair) -> None:
    short, long = await opened(world, bearer(ours, seconds=60)), await opened(world, bearer(ours))
    await world.live.tick()
    assert not await is_over(short)
    world.passed = 80
    await world.live.tick()
    assert await is_over(short)
    assert not await is_over(long)


async def test_a_token_that_expires_while_an_answer_is_made_is_not_sent_it(
    world: World, database: Database, ours: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = await opened(world, bearer(ours, seconds=60)), await opened(world, bearer(ours))
    evaluate = LiveQueries.evaluate

    async def slow(self: LiveQueries, *arguments: Any, **options: Any) -> Evaluation:
        found = await evaluate(self, *arguments, **options)
        world.passed = 120
        return found

    monkeypatch.setattr(LiveQueries, "evaluate", slow)
    await store(database, classification(1))
    await world.live.tick()
    assert await is_over(short)
    async with asyncio.timeout(10):
        assert b"1" in await anext(long)


async def test_a_stream_ends_when_the_key_of_its_token_is_no_longer_trusted(
    world: World, ours: Pair, older: Pair
) -> None:
    stays, ends = await opened(world, bearer(ours)), await opened(world, bearer(older))
    # Read again, they are the same keys.
    await world.source.refresh()
    await world.live.tick()
    assert not await is_over(ends)
    world.keys.remove(older.key)
    await world.source.refresh()
    await world.live.tick()
    assert await is_over(ends)
    assert not await is_over(stays)


async def test_a_stream_ends_when_its_api_key_is_revoked(world: World, database: Database) -> None:
    one, other = await api_key(database, "one"), await api_key(database, "other")
    ends, stays = await opened(world, one), await opened(world, other)
    await world.live.tick()
    assert not await is_over(ends)
    await database.write(revoke("one"))
    await world.live.tick()
    assert await is_over(ends)
    assert not await is_over(stays)


async def test_a_key_that_is_revoked_while_its_first_answer_is_made_is_not_sent_it(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await api_key(database, "ends")
    evaluate = LiveQueries.evaluate

    async def revoked_before(self: LiveQueries, *arguments: Any, **options: Any) -> Evaluation:
        await database.write(revoke("ends"))
        return await evaluate(self, *arguments, **options)

    monkeypatch.setattr(LiveQueries, "evaluate", revoked_before)
    with pytest.raises(CredentialsOver):
        await world.open(TOTAL, key)


async def test_a_stream_ends_when_its_volunteer_is_erased(
    world: World, database: Database, ours: Pair
) -> None:
    await store(database, classification(1, user=7))
    ends, stays = await opened(world, bearer(ours, 7)), await opened(world, bearer(ours, 8))
    await database.write(partial(erase_user, user_id=7))
    await world.live.tick()
    assert await is_over(ends)
    assert not await is_over(stays)
    with pytest.raises(Unauthenticated):
        await opened(world, bearer(ours, 7))


async def test_whoever_sends_no_credentials_goes_on(world: World, database: Database) -> None:
    stream = await opened(world)
    world.passed = 10_000
    await database.write(partial(erase_user, user_id=7))
    await world.live.tick()
    assert not await is_over(stream)


async def test_credentials_are_checked_without_statements(
    world: World, database: Database, ours: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in range(1, 20):
        await opened(world, bearer(ours, user_id))
    for name in "abc":
        await opened(world, await api_key(database, name))
    await world.live.tick()
    reads = Reads(database, monkeypatch)
    await world.live.tick()
    assert reads.number == 0
    # Whatever is written may revoke a key: one statement for all.
    await database.write(partial(erase_user, user_id=99))
    credentials = world.live._credentials
    assert credentials is not None
    await world.gateway.changes.catch_up()
    await credentials.check()
    assert reads.number == 2


async def test_without_the_database_expiry_still_ends_streams(
    world: World, ours: Pair, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, key = await opened(world, bearer(ours, seconds=60)), await api_key(database, "one")
    stays = await opened(world, key)

    def away() -> Any:
        raise Unavailable("The database is away.")

    monkeypatch.setattr(database, "read", away)
    world.passed = 80
    credentials = world.live._credentials
    assert credentials is not None
    await credentials.check()
    assert await is_over(stream)
    assert not await is_over(stays)


class Reads:
    """Counts snapshots that read."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        read = database.read

        def counted() -> Any:
            self.number += 1
            return read()

        monkeypatch.setattr(database, "read", counted)
