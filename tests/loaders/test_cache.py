"""What is kept across operations, for how long, and how much of it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, update

from gateway.db import Database, rollup_sets
from gateway.db.tables import data_version
from gateway.directory.load import load_directory
from gateway.loaders.cache import FactCache
from gateway.loaders.operation import Operation
from gateway.stats.subject import Answer, Kind, Question, Selection
from gateway.stats.versions import SITE
from tests.asking import ADMIN, NOW
from tests.events_of import HOUR_MS, classification, store

USER = ("user", 1)


def total_of(user_id: int) -> tuple[Question, int]:
    return Question(Kind.USER, Selection()), user_id


async def totals(database: Database, cache: FactCache | None, *users: int) -> list[int]:
    """How much users did."""
    async with Operation(database, ADMIN, NOW, cache=cache) as operation:
        found = await operation.loaders.totals.load_many(map(total_of, users))
        return [answer.n for answer in found]


def meters(cache: FactCache) -> tuple[int, int, int]:
    return cache.hits, cache.misses, len(cache)


async def test_a_fact_is_read_again_only_when_its_entity_has_changed(database: Database) -> None:
    cache = FactCache(1_000_000)
    await store(database, classification(1, user=1))
    assert await totals(database, cache, 1, 2) == [1, 0]
    assert meters(cache) == (0, 2, 2)
    assert await totals(database, cache, 1, 2) == [1, 0]
    assert meters(cache) == (2, 2, 2)
    await store(database, classification(2, user=2))
    assert await totals(database, cache, 1, 2) == [1, 1]
    assert meters(cache) == (3, 3, 2)


async def test_what_was_unused_for_longest_makes_room(database: Database) -> None:
    await store(database, *(classification(one, user=one) for one in range(1, 9)))
    one_fact = FactCache(1_000_000)
    await totals(database, one_fact, 1)
    cache = FactCache(3 * one_fact.size)
    for user in (1, 2, 3, 1, 4):
        assert await totals(database, cache, user) == [1]
    assert (cache.hits, cache.misses, cache.evictions, len(cache)) == (1, 4, 1, 3)
    assert cache.size == 3 * one_fact.size
    await totals(database, cache, 1)
    await totals(database, cache, 2)
    assert (cache.hits, cache.evictions) == (2, 2)


async def test_a_fact_larger_than_the_cache_is_not_kept(database: Database) -> None:
    cache = FactCache(10)
    for _ in range(2):
        assert await totals(database, cache, 1) == [0]
    assert (cache.hits, cache.misses, cache.evictions, cache.size, len(cache)) == (0, 2, 2, 0, 0)


def test_larger_facts_weigh_more() -> None:
    sizes = []
    for rows in (0, 1, 100, 10_000):
        cache = FactCache(100_000_000)
        cache.put("key", tuple((number, "name") for number in range(rows)), (USER,), (1,))
        sizes.append(cache.size)
    assert sizes == sorted(set(sizes))
    assert 1_000_000 < sizes[-1] < 3_000_000


def test_what_was_read_last_is_kept_whichever_version_is_greater() -> None:
    """After a backup was restored, all that is read has smaller versions."""
    cache = FactCache(1_000_000)
    cache.put("key", "lost", (USER,), (7,))
    cache.put("key", "restored", (USER,), (6,))
    fact = cache.get("key")
    assert fact is not None
    assert (fact.value, fact.versions) == ("restored", (6,))


async def test_a_database_that_goes_back_in_time_finds_nothing_kept(database: Database) -> None:
    """A backup is restored."""
    cache = FactCache(1_000_000)
    await store(database, classification(1, user=1))
    assert await totals(database, cache, 1) == [1]
    await store(database, classification(2, user=1))
    assert await totals(database, cache, 1) == [2]

    def restore(connection: Connection) -> None:
        connection.execute(update(rollup_sets.USER.table).values(n=5))
        connection.execute(update(data_version).values(version=1))

    await database.write(restore)
    assert await totals(database, cache, 1) == [5]
    assert await totals(database, cache, 1) == [5]
    assert meters(cache) == (1, 3, 1)


async def test_two_operations_at_once_share_what_they_found(database: Database) -> None:
    cache = FactCache(1_000_000)
    await store(database, classification(1, user=1))
    many = await asyncio.gather(*(totals(database, cache, 1, 2, 3) for _ in range(10)))
    assert many == [[1, 0, 0]] * 10
    assert len(cache) == 3


@pytest.mark.parametrize("cached", [True, False])
async def test_what_a_turn_asks_twice_is_read_once(database: Database, cached: bool) -> None:
    await store(database, classification(1, user=1))
    cache = FactCache(1_000_000) if cached else None
    async with Operation(database, ADMIN, NOW, cache=cache) as operation:
        load = operation.loaders.totals.load
        found = await asyncio.gather(*(load(total_of(1)) for _ in range(3)))
        assert found == [Answer(1, HOUR_MS)] * 3
        assert await load(total_of(1)) is found[0]
        assert operation.snapshot.selects == 1 + cached


async def test_companions_are_foreseen_from_the_second_time_on(database: Database) -> None:
    """What an operation goes on to read is asked for with what it begins with."""
    cache = FactCache(1_000_000)

    async def statements(users: int) -> int:
        async with Operation(database, ADMIN, NOW, cache=cache) as operation:
            await operation.loaders.projects.load(11)
            await operation.loaders.users.load_many(range(1, users + 1))
            return operation.snapshot.statements

    assert [await statements(3) for _ in range(3)] == [2, 1, 1]
    await store(database, classification(1, user=9))
    assert await statements(3) == 1
    assert await statements(4) == 2
    assert await statements(4) == 1


async def test_nothing_is_read_for_an_operation_that_is_over(database: Database) -> None:
    async with Operation(database, ADMIN, NOW) as operation:
        late: asyncio.Future[Any] = operation.loaders.totals.load(total_of(1))
    with pytest.raises(asyncio.CancelledError):
        await late
    with pytest.raises(asyncio.CancelledError):
        await operation.loaders.totals.load(total_of(2))
    assert operation.snapshot.statements == 0


async def test_versions_of_what_was_read_elsewhere_are_not_asked_for(database: Database) -> None:
    def load(connection: Connection) -> Any:
        return load_directory(connection, {"users": [{"id": 1}]})

    await database.write(load)
    cache = FactCache(1_000_000)
    async with Operation(database, ADMIN, NOW, cache=cache) as operation:
        await operation.loaders.users.load(1)
        statements = operation.snapshot.statements
        versions = await operation.versions()
        assert versions.keys() == {("user_record", 1)}
        assert operation.snapshot.statements == statements == 1
        assert await operation.current_versions([SITE, ("user", 1)]) == {
            SITE: versions["user_record", 1],
            ("user", 1): 0,
        }
