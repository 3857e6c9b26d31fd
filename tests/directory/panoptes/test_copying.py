"""A copy of a Panoptes is what the Panoptes has, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from gateway.calendar import DayRange, day_number, parse_date
from gateway.db import Database
from gateway.db.tables import (
    group_record,
    membership,
    panoptes_copy,
    project,
    user,
    user_group,
    workflow,
)
from gateway.directory.load import load_directory
from gateway.directory.panoptes.client import Panoptes
from gateway.directory.panoptes.copying import RESOURCES, Copied, copy
from gateway.directory.store_names import store_names
from gateway.events.event import Names
from gateway.events.instants import LAST_INSTANT
from gateway.stats.group_counts import DateField, GroupQuestion, group_count
from tests.directory.panoptes.local import LocalPanoptes
from tests.events_of import clear
from tests.logged import logged


def now() -> datetime:
    return datetime.now(UTC)


async def copy_all(database: Database, api: Panoptes) -> dict[str, Copied]:
    return {name: await copy(database, api, name, now, lambda _: None) for name in RESOURCES}


async def rows(database: Database, statement: Any) -> list[tuple[Any, ...]]:
    async with database.read() as snapshot:
        return [tuple(row) for row in await snapshot.fetch(statement)]


async def group_ids(database: Database) -> list[int]:
    return [row[0] for row in await rows(database, select(user_group.c.id).order_by("id"))]


async def members(database: Database) -> set[tuple[Any, ...]]:
    columns = membership.c
    return set(
        await rows(
            database, select(columns.group_id, columns.user_id, columns.state, columns.roles)
        )
    )


MEMBERS = {
    (501, 1001, "active", '["group_admin"]'),
    (501, 1002, "active", '["group_member"]'),
    (502, 1002, "active", '["group_admin"]'),
    (502, 1003, "invited", '["group_member"]'),
}


async def test_all_of_it_is_stored(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)

    assert await rows(database, select(user).order_by(user.c.id)) == [
        (1001, "ada", "Ada"),
        (1002, "bob", "Bob"),
        (1003, "cyd", "Cyd"),
    ]
    assert await rows(database, select(user_group).order_by(user_group.c.id)) == [
        (501, "group-501", "Group-501", 1, True, "panoptes", 1),
        (502, "group-502", "Group-502", 2, True, "panoptes", 1),
    ]
    assert await members(database) == MEMBERS
    assert await rows(database, select(project)) == [(11, "zoo/cats", "Cats")]
    assert await rows(database, select(workflow).order_by(workflow.c.id)) == [
        (101, 11, "Count", True, 0.25, 40, 15),
        (102, 11, "Old", False, None, None, None),
    ]


async def test_groups_can_be_counted_by_when_they_were_made_and_changed(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.find("user_groups", 502)["created_at"] = "2023-12-31T23:59:59.999Z"
    await copy_all(database, api)

    async def count(field: DateField, first: str, last: str) -> int:
        days = DayRange(day_number(parse_date(first)), day_number(parse_date(last)))
        ((found,),) = await rows(database, group_count(GroupQuestion((), field, days)))
        return int(found)

    assert await count(DateField.CREATED, "2023-12-31", "2023-12-31") == 1
    assert await count(DateField.CREATED, "2024-01-01", "2024-12-31") == 1
    assert await count(DateField.LAST_MODIFIED, "2025-06-01", "2025-06-01") == 2

    panoptes.take_out("user_groups", id=502)
    await copy_all(database, api)
    assert [row[0] for row in await rows(database, select(group_record))] == [501]


async def test_users_own_groups_and_memberships_are_counted_and_left_out(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    copied = await copy_all(database, api)

    assert (copied["groups"].read, copied["groups"].identities) == (5, 3)
    assert (copied["memberships"].read, copied["memberships"].identities) == (7, 3)


async def test_no_table_holds_an_email_address(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)

    assert "@example.org" in str(panoptes.has["users"])
    for table in user.metadata.sorted_tables:
        assert "@" not in str(await rows(database, select(table)))


async def test_a_second_copy_changes_nothing(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)
    async with logged(database) as changed:
        again = await copy_all(database, api)

    assert {name: (one.changed, one.removed) for name, one in again.items()} == dict.fromkeys(
        RESOURCES, (0, 0)
    )
    assert changed == set()


async def test_what_panoptes_says_holds_over_what_events_say_before_and_after(
    database: Database, api: Panoptes
) -> None:
    everything = (user, project, workflow)
    await copy_all(database, api)
    copied = [await rows(database, select(table).order_by(table.c.id)) for table in everything]
    said = Names(
        {row[0]: "zzz" for row in copied[0]},
        {row[0]: "zzz" for row in copied[1]},
        {row[0]: (row[1] + 1, "zzz") for row in copied[2]},
        {row[0]: "zzz" for row in copied[0]},
    )
    await database.write(lambda connection: store_names(connection, said, LAST_INSTANT))
    assert copied == [
        await rows(database, select(table).order_by(table.c.id)) for table in everything
    ]
    await database.write(clear)
    await database.write(lambda connection: store_names(connection, said, LAST_INSTANT))
    await copy_all(database, api)
    assert copied == [
        await rows(database, select(table).order_by(table.c.id)) for table in everything
    ]


async def test_what_changed_upstream_changes_here(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)
    panoptes.find("user_groups", 501)["stats_visibility"] = "public_show_all"
    panoptes.find("memberships", 4)["state"] = "inactive"
    copied = await copy_all(database, api)

    assert (copied["groups"].changed, copied["memberships"].changed) == (1, 1)
    assert await rows(
        database, select(user_group.c.stats_visibility).where(user_group.c.id == 501)
    ) == [(4,)]


async def test_what_went_upstream_goes_here(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)
    panoptes.take_out("user_groups", id=502)
    panoptes.take_out("memberships", user_group=502)
    panoptes.take_out("memberships", user_group=501, user=1002)
    copied = await copy_all(database, api)

    assert (copied["groups"].removed, copied["memberships"].removed) == (1, 1)
    assert await group_ids(database) == [501]
    assert await members(database) == {(501, 1001, "active", '["group_admin"]')}


async def test_what_panoptes_never_had_goes_as_well(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    by_hand = {
        "user_groups": [{"id": 700, "stats_visibility": 4}, {"id": 501}],
        "memberships": [{"user_group_id": 501, "user_id": 1003, "state": "active"}],
    }
    await database.write(lambda connection: load_directory(connection, by_hand))
    await copy_all(database, api)

    assert await group_ids(database) == [501, 502]
    assert await members(database) == MEMBERS


async def test_a_row_that_slipped_between_two_pages_is_not_removed(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    for group_id in range(1, 151):
        panoptes.group(group_id)
        panoptes.member(group_id, 1001, "group_admin")
        panoptes.member(group_id, 1002)
    await copy(database, api, "groups", now, lambda _: None)

    def take_one_out(_: Copied) -> None:
        panoptes.take_out("user_groups", id=1)

    copied = await copy(database, api, "groups", now, take_one_out)

    assert panoptes.asked[-1] == "/user_groups?page_size=100&sort=id&id=101&admin=true"
    assert copied.removed == 0
    assert await group_ids(database) == [*range(1, 151), 501, 502]


async def test_a_level_that_is_unknown_closes_the_group(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    await copy_all(database, api)
    panoptes.find("user_groups", 502)["stats_visibility"] = "public_like_never_before"
    await copy_all(database, api)

    assert await rows(
        database, select(user_group.c.stats_visibility).where(user_group.c.id == 502)
    ) == [(0,)]


async def test_a_record_that_cannot_be_used_is_told_and_stops_nothing(
    database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.has["workflows"].append({"id": "103", "links": {}})
    panoptes.has["memberships"].append(
        {"id": "99", "state": "banned", "roles": [], "links": {"user": "1", "user_group": "501"}}
    )
    copied = await copy_all(database, api)

    assert [reason.split(":")[0] for reason in copied["workflows"].refused] == ["'103'"]
    assert [reason.split(":")[0] for reason in copied["memberships"].refused] == ["'99'"]
    assert await members(database) == MEMBERS
    assert [row[0] for row in await rows(database, select(workflow.c.id).order_by("id"))] == [
        101,
        102,
    ]


@pytest.mark.parametrize("name", ["users", "memberships"])
async def test_a_copy_that_was_stopped_goes_on_behind_its_last_page(
    name: str, database: Database, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    for number in range(150):
        panoptes.user(3000 + number, f"user{number}")
        panoptes.member(501, 3000 + number)

    class Stopped(Exception):
        pass

    def stop(_: Copied) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await copy(database, api, name, now, stop)
    panoptes.asked.clear()
    copied = await copy(database, api, name, now, lambda _: None)

    assert copied.resumed
    assert "page=2" in panoptes.asked[0]
    assert not any("page=1" in path for path in panoptes.asked)
    assert len(await members(database)) == (154 if name == "memberships" else 0)
    async with database.read() as snapshot:
        (left,) = await snapshot.fetch(select(panoptes_copy))
    assert left.next_href is None
    assert left.finished_at > left.started_at
    assert not (await copy(database, api, name, now, lambda _: None)).resumed
