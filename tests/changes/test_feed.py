"""The change feed tells what still holds, and reads the log once for all who ask."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import delete

from gateway.changes.entity import SITE
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CUT_EVERY, MOST_ENTITIES, ROWS_RETAINED
from gateway.db import Database
from gateway.db.tables import change_log
from tests.changes.positions import append, caught_up, change, current, read_begins


async def test_it_catches_up_with_the_newest_position(database: Database, feed: ChangeFeed) -> None:
    assert feed.position is None
    assert await caught_up(feed) == feed.position == await current(database)
    written = await change(database, user=[1])
    assert not feed.contains(written)
    assert await caught_up(feed) == feed.position == written == await current(database)


async def test_what_was_read_before_a_change_of_it_does_not_hold(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    second = await change(database, user=[1])
    third = await change(database, project=[11])
    await caught_up(feed)
    assert not feed.holds([("user", 1)], first)
    assert feed.holds([("user", 1)], second)
    assert feed.holds([("user", 2), ("user_record", 1)], first)
    assert not feed.holds([("user", 2), ("project", 11)], first)
    assert not feed.holds([SITE], second)
    assert feed.holds([SITE], third)
    assert feed.holds([], first)


async def test_it_tells_what_held_at_a_snapshot_that_it_has_left_behind(
    database: Database, feed: ChangeFeed
) -> None:
    """As the loaders ask, of a snapshot that has been open for a while."""
    first = await caught_up(feed)
    second = await change(database, user=[1])
    third = await change(database, project=[11])
    await caught_up(feed)
    assert feed.holds([("user", 1), SITE], second, at=second)
    assert not feed.holds([("user", 1)], first, at=second)
    assert feed.holds([("user", 2)], first, at=second)
    # What was read later may have changed since that snapshot.
    assert not feed.holds([("user", 1)], second, at=first)
    assert not feed.holds([("project", 11)], third, at=second)
    assert feed.holds([("user", 1)], third, at=second)
    # Only the last change of each is remembered: nobody knows that there was none before.
    assert not feed.holds([("project", 11)], first, at=second)


async def test_a_position_that_it_has_not_caught_up_with_holds_nothing(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    second = await change(database, user=[1])
    assert not feed.holds([("user", 2)], first, at=second)
    assert not feed.holds([("user", 2)], second)
    await caught_up(feed)
    assert feed.holds([("user", 2)], first, at=second)


async def test_nothing_can_be_told_outside_of_its_life(database: Database) -> None:
    feed = ChangeFeed(database)
    assert await feed.catch_up() is None
    async with feed:
        position = await caught_up(feed)
    assert await feed.catch_up() is None
    assert feed.position == position


async def test_a_change_of_too_many_is_one_of_everything(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    named = await change(database, user=list(range(MOST_ENTITIES)))
    await caught_up(feed)
    assert feed.holds([("project", 1)], first)
    everything = await change(database, user=list(range(MOST_ENTITIES + 1)))
    await caught_up(feed)
    assert not feed.holds([("project", 1)], named)
    assert not feed.holds([], named)
    assert feed.holds([("project", 1), SITE], everything)
    later = await change(database)
    await caught_up(feed)
    assert feed.holds([("project", 1)], everything, at=later)


async def test_all_who_ask_while_a_read_is_under_way_share_the_next(
    database: Database, feed: ChangeFeed
) -> None:
    await caught_up(feed)
    await change(database)
    reads = feed.reads
    first = await read_begins(feed)
    others = [asyncio.create_task(feed.catch_up()) for _ in range(50)]
    found = {await first, *await asyncio.gather(*others)}
    assert found == {await current(database)}
    assert feed.reads <= reads + 2


async def test_all_who_ask_at_once_share_one_read(database: Database, feed: ChangeFeed) -> None:
    found = await asyncio.gather(*(feed.catch_up() for _ in range(50)))
    assert set(found) == {await current(database)}
    assert feed.reads == 1


async def test_no_position_is_older_than_its_question(database: Database, feed: ChangeFeed) -> None:
    """Everybody writes, then asks: what was written must be in the answer, whoever reads for it."""
    order = random.Random(1)
    reads = feed.reads

    async def write_and_ask(user: int) -> None:
        for _ in range(25):
            before = await caught_up(feed)
            written = await change(database, user=[user])
            for _ in range(order.randrange(4)):
                await asyncio.sleep(0)
            position = await caught_up(feed)
            assert position.version >= written.version
            assert not feed.holds([("user", user)], before, at=position)
            assert feed.holds([("user", user)], written, at=position)

    await asyncio.gather(*(write_and_ask(user) for user in range(8)))
    assert feed.reads - reads < 8 * 25 * 2


async def test_it_takes_no_connection_of_the_pool(database: Database, feed: ChangeFeed) -> None:
    snapshots = [database.read() for _ in range(database.pool.size)]
    for snapshot in snapshots:
        await snapshot.fetch_together([(change_log.select(), {})])
    assert database.pool.in_use == database.pool.size
    await caught_up(feed)
    for snapshot in snapshots:
        await snapshot.close()


@pytest.mark.parametrize("cut", [False, True], ids=["too many rows", "a log that was cut"])
async def test_it_forgets_where_it_cannot_see_all_changes(
    database: Database,
    feed: ChangeFeed,
    cut: bool,
) -> None:
    forgotten: list[object] = []
    first = await caught_up(feed)
    feed.on_invalidate(lambda: forgotten.append(feed.position))
    await append(database, first.version, ["{}"] * (5 if cut else ROWS_RETAINED))
    if cut:
        known = change_log.c.version <= first.version
        await database.write(lambda connection: connection.execute(delete(change_log).where(known)))
    newest = await caught_up(feed)
    assert newest == await current(database)
    assert forgotten == [newest]
    assert not feed.contains(first)
    assert not feed.holds([("user", 1)], first)
    assert feed.holds([("user", 1)], newest)
    later = await change(database)
    await caught_up(feed)
    assert feed.holds([("user", 1)], newest, at=later)


async def test_rows_that_name_too_much_to_be_read_at_once_are_forgotten(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    ids = list(range(10**15, 10**15 + MOST_ENTITIES))
    for _ in range(20):
        await change(database, user=ids)
    newest = await caught_up(feed)
    assert newest == await current(database)
    assert not feed.holds([("project", 1)], first)
    assert feed.size < 10_000


async def test_its_memory_is_bounded_over_a_hundred_thousand_changes(
    database: Database, feed: ChangeFeed
) -> None:
    first = await caught_up(feed)
    version, largest = first.version, 0
    for chunk in range(0, 100_000, 2000):
        users = ([chunk + number, -chunk - number] for number in range(1, 2001))
        await append(database, version, [f'{{"user":{pair}}}' for pair in users])
        version += 2000
        await caught_up(feed)
        largest = max(largest, feed.size)
    assert feed.restarted == 1
    assert largest < 16_000_000
    assert not feed.holds([("project", 1)], first)


async def test_rows_are_cut_once_in_a_while_and_enough_stay(database: Database) -> None:
    first = await current(database)
    await append(database, first.version, ["{}"] * (ROWS_RETAINED + CUT_EVERY - 1))
    for _ in range(CUT_EVERY):
        newest = await change(database)
    async with database.read() as snapshot:
        versions = [row.version for row in await snapshot.fetch(change_log.select())]
    assert ROWS_RETAINED <= len(versions) < ROWS_RETAINED + CUT_EVERY
    assert max(versions) == newest.version
