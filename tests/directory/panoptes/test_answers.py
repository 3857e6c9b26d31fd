"""An answer replaces what was stored of its records, and nothing else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from gateway.db import Database
from gateway.db.tables import membership, user_group
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.directory.panoptes.answers import (
    GROUPS,
    MEMBERSHIPS,
    RecordKey,
    Scope,
    Stored,
    store_answer,
)
from tests.logged import logged

NOBODY: frozenset[int] = frozenset()


def member(group_id: int, user_id: int, roles: str = '["group_member"]') -> dict[str, Any]:
    return {
        "group_id": group_id,
        "user_id": user_id,
        "state": "active",
        "roles": roles,
        "created_at": None,
    }


def group(group_id: int) -> dict[str, Any]:
    names = {"name": f"group-{group_id}", "display_name": None}
    return {"id": group_id, **names, "stats_visibility": 0, "private": True}


async def store(
    database: Database, groups: set[int], users: set[int], *members: dict[str, Any], at: int
) -> Stored:
    scope = Scope(MEMBERSHIPS, frozenset(groups), frozenset(users))
    return await database.write(
        lambda connection: store_answer(connection, scope, {MEMBERSHIPS: list(members)}, at)
    )


async def members(database: Database) -> set[RecordKey]:
    async with database.read() as snapshot:
        rows = await snapshot.fetch(select(membership.c.group_id, membership.c.user_id))
    return {(row[0], row[1]) for row in rows}


async def test_members_of_other_groups_and_of_the_groups_other_users_stay(
    database: Database,
) -> None:
    await store(database, {1, 2}, set(), member(1, 10), member(1, 11), member(2, 10), at=100)
    await store(database, {1}, {10}, at=200)

    assert await members(database) == {(1, 11), (2, 10)}


async def test_all_of_a_users_memberships_are_replaced(database: Database) -> None:
    await store(database, {1, 2}, set(), member(1, 10), member(1, 11), member(2, 10), at=100)
    await store(database, set(), {10}, member(3, 10), at=200)

    assert await members(database) == {(1, 11), (3, 10)}


async def test_an_answer_that_was_asked_for_earlier_undoes_no_later_one(
    database: Database,
) -> None:
    await store(database, {1}, {10}, member(1, 10), at=50)
    await store(database, {1}, {10}, at=200)
    await store(database, {1}, set(), member(1, 10), member(1, 11), at=100)

    assert await members(database) == {(1, 11)}


async def test_a_later_answer_about_the_whole_group_holds_for_each_member(
    database: Database,
) -> None:
    await store(database, {1}, set(), member(1, 11), at=200)
    await store(database, {1}, {10}, member(1, 10), at=100)
    await store(database, set(), {11}, at=100)

    assert await members(database) == {(1, 11)}


async def test_what_changed_is_logged_and_nothing_else(database: Database) -> None:
    await store(database, {1}, set(), member(1, 10), member(1, 11), at=100)
    async with logged(database) as changed:
        await store(database, {1}, set(), member(1, 10), member(1, 11), at=200)
    assert changed == set()

    async with logged(database) as changed:
        assert (await store(database, {1}, {10}, at=300)).removed == 1
    assert changed == {
        ("site", 0),
        ("user_record", 10),
        ("user_group_record", 1),
    }


async def test_a_group_goes_with_its_memberships(database: Database) -> None:
    def store_groups(connection: Connection, *ids: int, at: int) -> None:
        scope = Scope(GROUPS, frozenset({1, 2}), NOBODY)
        store_answer(connection, scope, {GROUPS: [group(one) for one in ids]}, at)

    await database.write(lambda connection: store_groups(connection, 1, 2, at=100))
    await store(database, {1, 2}, set(), member(1, 10), member(2, 10), at=100)
    async with logged(database) as changed:
        await database.write(lambda connection: store_groups(connection, 2, at=200))

    async with database.read() as snapshot:
        assert await snapshot.fetch(select(user_group.c.id)) == [(2,)]
    assert await members(database) == {(2, 10)}
    assert changed == {
        ("site", 0),
        ("user_record", 10),
        ("user_group_record", 1),
        ("identifier", identifier_number(NameList.GROUP_NAMES, "group-1")),
    }
