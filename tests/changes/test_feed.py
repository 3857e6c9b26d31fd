"""The change feed tells what still holds, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.changes.entity import SITE
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CURRENT_POSITION, log_change
from gateway.changes.position import LogPosition
from gateway.db import Database


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    async with ChangeFeed(database) as opened:
        yield opened


async def change(database: Database, **ids: list[int]) -> LogPosition:
    return await database.write(lambda connection: log_change(connection, **ids))


async def current(database: Database) -> LogPosition:
    async with database.read() as snapshot:
        ((row,),) = await snapshot.fetch_together([(CURRENT_POSITION, {})])
    return LogPosition(*row)


async def caught_up(feed: ChangeFeed) -> LogPosition:
    position = await feed.catch_up()
    assert position is not None
    assert position == feed.position
    return position


async def test_it_catches_up_with_the_newest_position(database: Database, feed: ChangeFeed) -> None:
    assert await caught_up(feed) == await current(database)
    written = await change(database, user=[1])
    assert await caught_up(feed) == written == await current(database)
    assert feed.contains(written)


async def test_what_was_read_before_a_change_of_it_does_not_hold(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    second = await change(database, user=[1])
    await caught_up(feed)
    third = await change(database, project=[11])
    await caught_up(feed)
    assert not feed.holds([("user", 1)], first)
    assert feed.holds([("user", 1)], second)
    assert feed.holds([("user", 2), ("user_record", 1)], first)
    assert not feed.holds([("user", 2), ("project", 11)], first)
    assert not feed.holds([SITE], second)
    assert feed.holds([SITE], third)


async def test_nothing_can_be_told_outside_of_its_life(database: Database) -> None:
    feed = ChangeFeed(database)
    assert await feed.catch_up() is None
    async with feed:
        assert await feed.catch_up() is not None
    assert await feed.catch_up() is None
