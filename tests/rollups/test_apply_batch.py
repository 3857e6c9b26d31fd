"""The rules of ingestion one by one, with figures to read."""

import pytest

from gateway.db import Database
from gateway.db.rollup_sets import SETS
from gateway.events.event import Batch
from gateway.rollups.apply_batch import Outcome, apply_batch
from tests.events_of import HOUR_MS, classification, comment, day, store
from tests.recount import stored

ALL = (3, 0)


async def test_an_event_sent_again_changes_nothing(database: Database) -> None:
    events = (classification(1, groups=(501,)), comment(1))
    assert await store(database, *events) == Outcome(stored=2)
    before = await stored(database)
    assert await store(database, *events, *events) == Outcome(unchanged=4)
    assert await stored(database) == before


async def test_classification_and_comment_of_one_id_are_two_events(database: Database) -> None:
    await store(database, classification(1), comment(1))
    rollups = (await stored(database)).rollups
    assert rollups["site"][0, *ALL] == (1, HOUR_MS, 0, 1)
    assert rollups["site_comment"][0, *ALL] == (1,)


async def test_a_replacement_takes_back_all_that_the_event_said_before(database: Database) -> None:
    await store(database, classification(1, groups=(501,)), comment(1))
    replaced = (
        classification(1, "2023-01-01T00:00", user=None, project=12, workflow=102, session_ms=250),
        comment(1, "2023-01-01T00:00", user=2, project=12),
    )
    assert await store(database, *replaced) == Outcome(replaced=2)
    found = await stored(database)
    assert {name: rows for name, rows in found.rollups.items() if rows} == {
        "site": by_grain(0, (), (1, 250, 1, 0)),
        "project": by_grain(12, (), (1, 250, 1, 0, 0)),
        "workflow": by_grain(102, (12,), (1, 250, 1, 0)),
        "site_comment": by_grain(0, (), (1,)),
        "user_comment": by_grain(2, (), (1,)),
        "project_comment": by_grain(12, (2,), (1,)),
    }


def by_grain(
    entity: int, dims: tuple[int, ...], measures: tuple[int, ...]
) -> dict[tuple[int, ...], tuple[int, ...]]:
    new_year = day("2023-01-01")
    return {(entity, grain, bucket, *dims): measures for grain, bucket in buckets_of(new_year)}


def buckets_of(new_year: int) -> list[tuple[int, int]]:
    return [(0, new_year), (1, new_year), (2, new_year), (3, 0)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("known", "arriving", "holds", "outcome"),
    [
        (2, 1, "known", Outcome(unchanged=1)),
        (2, 2, "arriving", Outcome(replaced=1)),
        (2, 3, "arriving", Outcome(replaced=1)),
        (None, 1, "arriving", Outcome(replaced=1)),
        (2, None, "arriving", Outcome(replaced=1)),
        (None, None, "arriving", Outcome(replaced=1)),
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["two batches", "one batch"])
async def test_an_earlier_copy_never_replaces_a_later_one(
    database: Database,
    known: int | None,
    arriving: int | None,
    holds: str,
    outcome: Outcome,
    together: bool,
) -> None:
    first = classification(1, user=1, updated=known)
    second = classification(1, user=2, updated=arriving)
    if together:
        assert await store(database, first, second) == outcome.plus(Outcome(stored=1))
    else:
        assert await store(database, first) == Outcome(stored=1)
        assert await store(database, second) == outcome
    found = (await stored(database)).rollups["user"]
    assert {key[0] for key in found} == {1 if holds == "known" else 2}


async def test_a_copy_without_a_time_does_not_let_a_still_older_one_return(
    database: Database,
) -> None:
    await store(database, classification(1, user=1, updated=5))
    await store(database, classification(1, user=2, updated=None))
    await store(database, classification(1, user=3, updated=4))
    assert {key[0] for key in (await stored(database)).rollups["user"]} == {2}


async def test_the_last_copy_that_leaves_a_bucket_takes_its_rows_along(database: Database) -> None:
    await store(database, classification(1, groups=(501,)), classification(2, groups=(501,)))
    await store(database, classification(1), classification(2))
    rollups = (await stored(database)).rollups
    assert [name for name, rows in rollups.items() if name.startswith("group") and rows] == []


async def test_a_session_of_no_length_is_counted(database: Database) -> None:
    await store(database, classification(1, session_ms=0, groups=(501,)))
    rollups = (await stored(database)).rollups
    assert rollups["group_user"][501, *ALL, 1] == (1, 0)


async def test_an_empty_batch_is_nothing(database: Database) -> None:
    assert await database.write(lambda connection: apply_batch(connection, Batch())) == Outcome()
    found = await stored(database)
    assert found.events == {}
    assert found.rollups == {rollup.name: {} for rollup in SETS}


async def test_ids_of_63_bits_are_kept(database: Database) -> None:
    largest = 2**63 - 1
    event = classification(
        largest, user=largest, project=largest, workflow=largest, groups=(largest,)
    )
    await store(database, event, comment(largest, user=largest, project=largest))
    found = await stored(database)
    assert found.events["classification", largest] == event
    assert found.rollups["group_member"][largest, *ALL, largest, largest, largest] == (1, HOUR_MS)
    assert found.rollups["project_comment"][largest, *ALL, largest] == (1,)
