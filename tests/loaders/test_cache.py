"""What is cached across operations, for how long, and how much of it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.db import Database, rollup_sets
from gateway.db.tables import change_log
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.stats.subject import Answer, Kind, Question, Selection
from tests.asking import ADMIN, NOW
from tests.changes.positions import current
from tests.events_of import HOUR_MS, classification, store

USER = ("user", 1)


def total_of(user_id: int) -> tuple[Question, int]:
    return Question(Kind.USER, Selection()), user_id


class Process:
    """Operations that share a cache and a feed."""

    def __init__(
        self, database: Database, feed: ChangeFeed | None, capacity: int = 1_000_000
    ) -> None:
        self.database = database
        self.feed = feed
        self.cache = ReadCache(capacity)

    def operation(self) -> Operation:
        return Operation(self.database, ADMIN, NOW, cache=self.cache, feed=self.feed)

    async def totals(self, *users: int) -> list[int]:
        """How much users did."""
        async with self.operation() as operation:
            return await totals(operation, *users)

    @property
    def meters(self) -> tuple[int, int, int]:
        return self.cache.hits, self.cache.misses, len(self.cache.entries)


async def totals(operation: Operation, *users: int) -> list[int]:
    found = await operation.loaders.totals.load_many(map(total_of, users))
    return [answer.n for answer in found]


async def test_a_value_is_read_again_only_when_its_entity_has_changed(
    database: Database, feed: ChangeFeed
) -> None:
    process = Process(database, feed)
    await store(database, classification(1, user=1))
    assert await process.totals(1, 2) == [1, 0]
    assert process.meters == (0, 2, 2)
    assert await process.totals(1, 2) == [1, 0]
    assert process.meters == (2, 2, 2)
    await store(database, classification(2, user=2))
    assert await process.totals(1, 2) == [1, 1]
    assert process.meters == (3, 3, 2)


async def test_without_a_feed_only_the_same_state_holds(database: Database) -> None:
    process = Process(database, feed=None)
    await store(database, classification(1, user=1))
    for _ in range(2):
        assert await process.totals(1) == [1]
    assert process.meters == (1, 1, 1)
    await store(database, classification(2, user=2))
    assert await process.totals(1) == [1]
    assert process.meters == (1, 2, 1)


async def test_nothing_holds_while_the_feed_cannot_tell(database: Database) -> None:
    process = Process(database, ChangeFeed(database))
    await store(database, classification(1, user=1))
    assert await process.totals(1) == [1]
    await store(database, classification(2, user=2))
    assert await process.totals(1) == [1]
    assert process.meters == (0, 2, 1)


async def test_what_does_not_hold_is_read_in_a_second_statement(
    database: Database, feed: ChangeFeed
) -> None:
    """The first reads the position and whatever is not cached."""
    process = Process(database, feed)
    await process.totals(1, 2)
    await store(database, classification(1, user=1))
    async with process.operation() as operation:
        assert await totals(operation, 1, 2, 3) == [1, 0, 0]
        assert (operation.snapshot.statements, operation.snapshot.selects) == (2, 3)
        assert await totals(operation, 3, 2, 1) == [0, 0, 1]
        assert operation.snapshot.statements == 2


async def test_once_the_position_is_known_what_is_cached_takes_no_statement(
    database: Database, feed: ChangeFeed
) -> None:
    process = Process(database, feed)
    await process.totals(1, 2)
    async with process.operation() as operation:
        assert await totals(operation, 1) == [0]
        assert operation.loaders.totals.load(total_of(2)).result() == Answer()
        assert (operation.snapshot.statements, operation.snapshot.selects) == (1, 1)
        assert operation.reads.position == await current(database)


async def test_an_open_operation_takes_nothing_of_a_later_state(
    database: Database, feed: ChangeFeed
) -> None:
    process = Process(database, feed)
    async with process.operation() as operation:
        assert await totals(operation, 2) == [0]
        await store(database, classification(1, user=1))
        assert await process.totals(1) == [1]
        assert await totals(operation, 1) == [0]
    # What the old snapshot said does not hold any more.
    assert await process.totals(1) == [1]


async def test_the_least_recently_used_is_evicted(database: Database, feed: ChangeFeed) -> None:
    await store(database, *(classification(one, user=one) for one in range(1, 9)))
    other = Process(database, feed)
    await other.totals(1)
    process = Process(database, feed, 3 * other.cache.entries.size)
    for user in (1, 2, 3, 1, 4):
        assert await process.totals(user) == [1]
    assert process.meters == (1, 4, 3)
    assert (process.cache.entries.evictions, process.cache.entries.size) == (
        1,
        3 * other.cache.entries.size,
    )
    await process.totals(1)
    await process.totals(2)
    assert (process.cache.hits, process.cache.entries.evictions) == (2, 2)


async def test_a_value_larger_than_the_cache_is_not_cached(
    database: Database, feed: ChangeFeed
) -> None:
    process = Process(database, feed, capacity=10)
    for _ in range(2):
        assert await process.totals(1) == [0]
    assert process.meters == (0, 2, 0)
    assert (process.cache.entries.evictions, process.cache.entries.size) == (2, 0)


def test_larger_values_weigh_more() -> None:
    sizes = []
    for rows in (0, 1, 100, 10_000):
        cache = ReadCache(100_000_000)
        value = tuple((number, "name") for number in range(rows))
        cache.put("key", value, (USER,), LogPosition(1, 1))
        sizes.append(cache.entries.size)
    assert sizes == sorted(set(sizes))
    assert 1_000_000 < sizes[-1] < 3_000_000


def test_what_was_read_last_is_cached_whichever_version_is_greater() -> None:
    """After a backup was restored, all that is read has smaller versions."""
    cache = ReadCache(1_000_000)
    cache.put("key", "lost", (USER,), LogPosition(7, 1))
    cache.put("key", "restored", (USER,), LogPosition(6, 1))
    entry = cache.get("key")
    assert entry is not None
    assert (entry.value, entry.position) == ("restored", LogPosition(6, 1))


async def test_nothing_of_a_history_that_was_lost_holds(
    database: Database, feed: ChangeFeed
) -> None:
    """A backup is restored, and goes on another way."""
    process = Process(database, feed)
    await store(database, classification(1, user=1))
    kept = await current(database)
    await store(database, classification(2, user=1))
    lost = await current(database)
    assert await process.totals(1, 2) == [2, 0]

    def restore(connection: Connection) -> None:
        connection.execute(delete(change_log).where(change_log.c.version > kept.version))
        connection.execute(update(rollup_sets.USER.table).values(n=1))

    await database.write(restore)
    assert await process.totals(1, 2) == [1, 0]
    assert process.meters == (0, 4, 2)
    # The lost history has changed the user; this one has changed another at the same version.
    await store(database, classification(3, user=2))
    assert (await current(database)).version == lost.version
    assert await process.totals(1, 2) == [1, 1]
    assert process.meters == (1, 5, 2)


async def test_two_operations_at_once_share_what_they_found(
    database: Database, feed: ChangeFeed
) -> None:
    process = Process(database, feed)
    await store(database, classification(1, user=1))
    many = await asyncio.gather(*(process.totals(1, 2, 3) for _ in range(10)))
    assert many == [[1, 0, 0]] * 10
    assert len(process.cache.entries) == 3


@pytest.mark.parametrize("cached", [True, False])
async def test_what_is_asked_twice_in_a_tick_is_read_once(database: Database, cached: bool) -> None:
    await store(database, classification(1, user=1))
    cache = ReadCache(1_000_000) if cached else None
    async with Operation(database, ADMIN, NOW, cache=cache) as operation:
        load = operation.loaders.totals.load
        found = await asyncio.gather(*(load(total_of(1)) for _ in range(3)))
        assert found == [Answer(1, HOUR_MS)] * 3
        assert await load(total_of(1)) is found[0]
        assert operation.snapshot.selects == 1 + cached


async def test_nothing_is_read_for_an_operation_that_is_over(database: Database) -> None:
    async with Operation(database, ADMIN, NOW) as operation:
        late: asyncio.Future[Any] = operation.loaders.totals.load(total_of(1))
    with pytest.raises(asyncio.CancelledError):
        await late
    with pytest.raises(asyncio.CancelledError):
        await operation.loaders.totals.load(total_of(2))
    assert operation.snapshot.statements == 0
