"""Writers that overlap lose nothing and double nothing, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from random import Random

import pytest
from sqlalchemy import Connection

from gateway.db import Database, open_database
from gateway.events.event import Classification, Comment
from gateway.rollups.apply_batch import apply_batch
from gateway.rollups.backfill import backfill
from tests.events_of import batch_of, classification, comment, instant, store
from tests.recount import key_of, recount, stored

UNTIL = instant("2024-02-28T00:00")


@pytest.fixture
async def other(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The same database opened once more, as another process would."""
    async with open_database(database_url) as opened:
        yield opened


def copies(random: Random) -> list[Classification | Comment]:
    """Eight copies of each event, no two alike; the last one holds in whatever order they come."""
    return [
        made
        for updated in range(1, 9)
        for event_id in range(1, 31)
        for made in (
            classification(
                event_id,
                f"2024-02-{random.randint(20, 29)}T12:00",
                user=random.choice([None, 1, 2]),
                project=random.choice([11, 12]),
                workflow=random.choice([101, 102]),
                session_ms=1000 * updated,
                groups=random.choice([(), (501,), (501, 502)]),
                updated=updated,
            ),
            comment(event_id, user=random.choice([None, 1, 2]), updated=updated),
        )
    ]


async def test_overlapping_batches_are_counted_once(database: Database, other: Database) -> None:
    random = Random(7)
    arriving = copies(random)
    latest = {key_of(event): event for event in arriving}
    random.shuffle(arriving)
    batches = [arriving[start : start + 60] for start in range(0, len(arriving), 60)]
    outcomes = await asyncio.gather(
        # Each batch twice: a client that heard no answer sends it again.
        *(store(one, *batch) for batch in batches for one in (database, other))
    )
    found = await stored(database)
    assert found.events == latest
    assert found.rollups == recount(latest.values(), {})
    assert sum(outcome.stored for outcome in outcomes) == 60
    assert sum(sum(outcome) for outcome in outcomes) == 2 * len(arriving)


async def test_backfills_beside_ingestion_count_once(database: Database, other: Database) -> None:
    arriving = copies(Random(8))
    latest = {key_of(event): event for event in arriving}

    async def ingest(one: Database, events: Sequence[Classification | Comment]) -> None:
        for start in range(0, len(events), 60):
            await store(one, *events[start : start + 60])

    async def count_earlier_work(one: Database) -> None:
        for user in (1, 2, 1, 2):
            await one.write(lambda connection, user=user: backfill(connection, 503, [user], UNTIL))

    await asyncio.gather(
        ingest(database, arriving),
        ingest(other, arriving[::-1]),
        count_earlier_work(database),
        count_earlier_work(other),
    )
    found = await stored(database)
    assert found.events == latest
    assert found.backfills == {(503, 1): UNTIL, (503, 2): UNTIL}
    assert found.rollups == recount(latest.values(), found.backfills)
    assert found.rollups["group"]


async def test_a_failed_batch_leaves_nothing_behind(database: Database) -> None:
    await store(database, classification(1))
    before = await stored(database)

    def fails_at_the_end(connection: Connection) -> None:
        apply_batch(connection, batch_of([classification(1, user=2), classification(2)]))
        raise RuntimeError("the process is told to stop")

    with pytest.raises(RuntimeError, match="told to stop"):
        await database.write(fails_at_the_end)
    assert await stored(database) == before
