"""New ids come after all that were seen, and no event can use them up."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, insert

from gateway.db import Database
from gateway.db.tables import user_group
from gateway.directory.new_ids import IdKind, new_ids
from gateway.events.ids import LARGEST_ID
from tests.events_of import classification, store


def groups(connection: Connection, number: int = 1) -> list[int]:
    return list(new_ids(connection, IdKind.USER_GROUP, number))


async def test_a_new_group_comes_after_those_that_events_name(database: Database) -> None:
    await store(database, classification(1, "2026-01-01T12:00", user=1, groups=(70,)))
    assert await database.write(groups) == [71]
    assert await database.write(groups) == [72]


@pytest.mark.parametrize("named", [LARGEST_ID, 2**31])
async def test_an_event_that_names_a_huge_group_uses_no_ids_up(
    database: Database, named: int
) -> None:
    event = classification(1, "2026-01-01T12:00", user=1, groups=(70, named))
    await store(database, event)
    assert await database.write(groups) == [71]


async def test_a_new_group_passes_by_what_events_name_beyond_the_ids_of_panoptes(
    database: Database,
) -> None:
    last = 2**31 - 1
    events = [
        classification(number, "2026-01-01T12:00", user=1, groups=(last + step,))
        for number, step in enumerate((0, 1, 3), start=1)
    ]
    await store(database, *events)

    assert await database.write(lambda each: groups(each, 2)) == [last + 4, last + 5]


async def test_a_directory_may_know_groups_beyond_the_ids_of_panoptes(database: Database) -> None:
    row = {"id": 2**40, "stats_visibility": 0, "private": True, "authority": "file", "revision": 1}
    await database.write(lambda each: each.execute(insert(user_group), row))
    assert await database.write(groups) == [2**40 + 1]
