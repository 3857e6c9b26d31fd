"""Members' earlier classifications count to a group, each once, however often it is asked."""

from collections.abc import Sequence

from gateway.db import Database
from gateway.rollups.backfill import backfill
from tests.events_of import HOUR_MS, classification, comment, instant, store
from tests.recount import stored

NOON = instant("2024-02-29T12:00")


async def count_earlier_work(
    database: Database, group: int, users: Sequence[int], until: int = NOON
) -> int:
    return await database.write(lambda connection: backfill(connection, group, users, until))


async def total(database: Database, group: int) -> tuple[int, ...]:
    """Classifications and session time of a group over all time."""
    return (await stored(database)).rollups["group"].get((group, 3, 0), (0, 0))


async def test_only_the_users_named_are_counted(database: Database) -> None:
    await store(database, *(classification(i, user=i) for i in (1, 2, 3)), comment(4, user=1))
    await store(database, classification(5, user=None))
    assert await count_earlier_work(database, 501, [1, 3]) == 2
    assert await total(database, 501) == (2, 2 * HOUR_MS)


async def test_the_last_instant_is_included(database: Database) -> None:
    await store(
        database,
        classification(1, "2024-02-29T11:59:59.999999"),
        classification(2, "2024-02-29T12:00"),
        classification(3, "2024-02-29T12:00:00.000001"),
    )
    assert await count_earlier_work(database, 501, [1]) == 2


async def test_counting_again_counts_nothing_more(database: Database) -> None:
    await store(database, classification(1))
    assert [await count_earlier_work(database, 501, [1]) for _ in range(3)] == [1, 0, 0]
    assert await total(database, 501) == (1, HOUR_MS)


async def test_a_user_named_twice_is_counted_once(database: Database) -> None:
    await store(database, classification(1))
    assert await count_earlier_work(database, 501, [1, 1]) == 1


async def test_a_later_instant_adds_what_lies_between(database: Database) -> None:
    await store(database, classification(1, "2024-02-01T00:00"), classification(2))
    assert await count_earlier_work(database, 501, [1], instant("2024-02-15T00:00")) == 1
    assert await count_earlier_work(database, 501, [1]) == 1
    assert await count_earlier_work(database, 501, [1], instant("2024-02-15T00:00")) == 0
    assert await total(database, 501) == (2, 2 * HOUR_MS)


async def test_what_counts_already_is_not_counted_twice(database: Database) -> None:
    await store(database, classification(1, groups=(501,)), classification(2, groups=(502,)))
    assert await count_earlier_work(database, 501, [1]) == 1
    assert await total(database, 501) == (2, 2 * HOUR_MS)
    assert await total(database, 502) == (1, HOUR_MS)


async def test_an_event_sent_again_does_not_undo_it(database: Database) -> None:
    await store(database, classification(1))
    await count_earlier_work(database, 501, [1])
    await store(database, classification(1, session_ms=500))
    assert await total(database, 501) == (1, 500)


async def test_an_old_event_that_arrives_later_counts(database: Database) -> None:
    await count_earlier_work(database, 501, [1])
    await store(database, classification(1), classification(2, "2024-03-01T00:00"))
    assert await total(database, 501) == (1, HOUR_MS)


async def test_an_event_that_moves_past_it_leaves_the_group(database: Database) -> None:
    await store(database, classification(1))
    await count_earlier_work(database, 501, [1])
    await store(database, classification(1, "2024-03-01T00:00"))
    assert await total(database, 501) == (0, 0)


async def test_it_is_kept_for_users_without_events(database: Database) -> None:
    assert await count_earlier_work(database, 501, [7]) == 0
    assert (await stored(database)).backfills == {(501, 7): NOON}
