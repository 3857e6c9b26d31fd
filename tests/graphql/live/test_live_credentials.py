"""When a credential ends, its streams end; those of others go on, and nothing is read for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys, new_api_key
from gateway.auth.authenticator import Authenticator
from gateway.auth.key_ring import KeyRing, KeySource
from gateway.auth.standing import Standing
from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import TokenVerifier
from gateway.auth.viewer import Scope
from gateway.db import Database
from gateway.directory.api_keys import add_api_key, revoke_api_key
from gateway.directory.erase_user import erase_user
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.ends import CredentialsOver
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.auth.conftest import Pair, pair
from tests.auth.signing import payload, seconds_from_now, signed
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway

TOTAL = "subscription { live { classifications { totalCount } } }"
NOW_US = 1_700_000_000_000_000

Lines = tuple[tuple[str, str], ...]


@pytest.fixture(scope="session")
def ours() -> Pair:
    return pair()


@pytest.fixture(scope="session")
def older() -> Pair:
    return pair()


class World:
    """A gateway with live answers, whose keys and clock a test moves."""

    def __init__(self, database: Database, *keys: TokenKey) -> None:
        self.database = database
        self.keys = list(keys)
        self.passed = 0.0
        self.gateway = Gateway(database)
        self.source = KeySource(
            lambda: list(self.keys), every_seconds=3600, pause_seconds=10, timeout_seconds=5
        )
        ring = KeyRing([self.source])
        tokens = TokenVerifier(ring, now=lambda: seconds_from_now(0) + self.passed)
        uses = ApiKeyUses(database)
        self.authenticator = Authenticator(
            tokens, ring, ApiKeys(database, uses, lambda: NOW_US), uses
        )
        standing = Standing(self.authenticator, self.gateway.erased, self.gateway.changes)
        self.live = LiveAnswers(
            self.gateway.executor, self.gateway.changes, lambda: self.gateway.now, 3600, standing
        )

    async def open(self, lines: Lines = ()) -> LiveStream:
        viewer = await self.authenticator.identify(lines)
        stream = await self.live.open(
            GraphQLRequest(TOTAL), viewer, lines, RequestRecord("", "POST")
        )
        assert isinstance(stream, LiveStream)
        await self.frame(stream)
        return stream

    async def frame(self, stream: LiveStream) -> bytes:
        async with asyncio.timeout(10):
            return await anext(stream)

    async def is_over(self, stream: LiveStream) -> bool:
        """Whether the stream has ended with UNAUTHENTICATED; nothing is waiting for it if not."""
        try:
            async with asyncio.timeout(0.01):
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


def bearer(key: Pair, user_id: int = 7, seconds: int = 3600) -> Lines:
    content = payload({"id": user_id}, exp=seconds_from_now(seconds))
    return (("authorization", f"Bearer {signed(key, content)}"),)


async def api_key(database: Database, name: str) -> Lines:
    made = new_api_key(name, [Scope.STATS_READ], NOW_US)
    await database.write(lambda connection: add_api_key(connection, made.stored))
    return (("authorization", f"Bearer {made.text}"),)


def revoke(name: str) -> Callable[[Connection], Any]:
    return partial(revoke_api_key, id_or_name=name, now_us=NOW_US)


async def test_a_stream_ends_when_its_token_expires(world: World, ours: Pair) -> None:
    short, long = await world.open(bearer(ours, seconds=60)), await world.open(bearer(ours))
    await world.live.tick()
    assert not await world.is_over(short)
    world.passed = 80
    await world.live.tick()
    assert await world.is_over(short)
    assert not await world.is_over(long)


async def test_a_stream_ends_when_the_key_of_its_token_is_no_longer_trusted(
    world: World, ours: Pair, older: Pair
) -> None:
    stays, ends = await world.open(bearer(ours)), await world.open(bearer(older))
    # Read again, they are the same keys.
    await world.source.refresh()
    await world.live.tick()
    assert not await world.is_over(ends)
    world.keys.remove(older.key)
    await world.source.refresh()
    await world.live.tick()
    assert await world.is_over(ends)
    assert not await world.is_over(stays)


async def test_a_stream_ends_when_its_api_key_is_revoked(world: World, database: Database) -> None:
    one, other = await api_key(database, "one"), await api_key(database, "other")
    ends, stays = await world.open(one), await world.open(other)
    await world.live.tick()
    assert not await world.is_over(ends)
    await database.write(revoke("one"))
    await world.live.tick()
    assert await world.is_over(ends)
    assert not await world.is_over(stays)


async def test_a_stream_ends_when_its_volunteer_is_erased(
    world: World, database: Database, ours: Pair
) -> None:
    await store(database, classification(1, user=7))
    ends, stays = await world.open(bearer(ours, 7)), await world.open(bearer(ours, 8))
    await database.write(partial(erase_user, user_id=7))
    await world.live.tick()
    assert await world.is_over(ends)
    assert not await world.is_over(stays)
    with pytest.raises(Unauthenticated):
        await world.open(bearer(ours, 7))


async def test_whoever_sends_no_credentials_goes_on(world: World, database: Database) -> None:
    stream = await world.open()
    world.passed = 10_000
    await database.write(partial(erase_user, user_id=7))
    await world.live.tick()
    assert not await world.is_over(stream)


async def test_credentials_are_checked_without_statements(
    world: World, database: Database, ours: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in range(1, 20):
        await world.open(bearer(ours, user_id))
    for name in "abc":
        await world.open(await api_key(database, name))
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
    stream, key = await world.open(bearer(ours, seconds=60)), await api_key(database, "one")
    stays = await world.open(key)

    def away() -> Any:
        raise Unavailable("The database is away.")

    monkeypatch.setattr(database, "read", away)
    world.passed = 80
    credentials = world.live._credentials
    assert credentials is not None
    await credentials.check()
    assert await world.is_over(stream)
    assert not await world.is_over(stays)


class Reads:
    """Counts snapshots that read."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        read = database.read

        def counted() -> Any:
            self.number += 1
            return read()

        monkeypatch.setattr(database, "read", counted)
