from typing import Any

import pytest
from sqlalchemy import Table, select

from gateway.db import Database
from gateway.db.tables import change_log, membership, project, user, user_group, workflow
from gateway.directory.load import Loaded, load_directory
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.errors import UnreadableFile
from tests.events_of import instant
from tests.logged import logged

BEGAN = instant("2024-02-29T12:00")
DOCUMENT: dict[str, Any] = {
    "users": [{"id": 1002, "login": "ada", "display_name": "Ada"}, {"id": "1003"}],
    "user_groups": [
        {"id": "501", "name": "g1", "display_name": "G 1", "stats_visibility": "public_show_all"},
        {"id": 505, "name": "g5", "private": True},
    ],
    "memberships": [
        {"user_id": 1002, "user_group_id": 501, "state": "active", "roles": ["group_admin"]},
        {
            "user_id": "1003",
            "user_group_id": "501",
            "state": "invited",
            "roles": [],
            "created_at": "2024-02-29T12:00:00Z",
        },
    ],
    "projects": [{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}, {"id": 12}],
    "workflows": [
        {
            "id": 101,
            "project_id": 11,
            "display_name": "Count",
            "active": True,
            "completeness": 0.25,
            "subjects_count": 400,
            "retirement": {"criteria": "classification_count", "options": {"count": 15}},
        }
    ],
}


async def load(database: Database, document: object) -> dict[str, Loaded]:
    return await database.write(lambda connection: load_directory(connection, document))


async def rows(database: Database, table: Table) -> list[tuple[Any, ...]]:
    statement = select(table).order_by(*table.primary_key.columns)
    async with database.read() as snapshot:
        return [tuple(row) for row in await snapshot.fetch(statement)]


async def changed_by(database: Database, document: object) -> set[tuple[str, int]]:
    async with logged(database, most=1) as changed:
        await load(database, document)
    return changed


async def said_memberships(database: Database) -> list[tuple[Any, ...]]:
    """Memberships without what is not said of them, but made here."""
    return [tuple(row[:5]) for row in await rows(database, membership)]


async def test_everything_listed_is_stored(database: Database) -> None:
    counts = await load(database, DOCUMENT)
    assert counts == {
        "users": Loaded(2, 2),
        "user_groups": Loaded(2, 2),
        "memberships": Loaded(2, 2),
        "projects": Loaded(2, 2),
        "workflows": Loaded(1, 1),
    }
    assert await rows(database, user) == [(1002, "ada", "Ada"), (1003, None, None)]
    assert await rows(database, user_group) == [
        (501, "g1", "G 1", 4, False, "file", 1),
        (505, "g5", None, 0, True, "file", 1),
    ]
    assert await said_memberships(database) == [
        (501, 1002, "active", '["group_admin"]', None),
        (501, 1003, "invited", "[]", BEGAN),
    ]
    assert [row[5] for row in await rows(database, membership)] == [1, 2]
    assert await rows(database, project) == [(11, "zoo/cats", "Cats"), (12, None, None)]
    assert await rows(database, workflow) == [(101, 11, "Count", True, 0.25, 400, 15)]


async def test_loading_again_changes_nothing(database: Database) -> None:
    await load(database, DOCUMENT)
    assert {name: count.changed for name, count in (await load(database, DOCUMENT)).items()} == {
        "users": 0,
        "user_groups": 0,
        "memberships": 0,
        "projects": 0,
        "workflows": 0,
    }
    assert await changed_by(database, DOCUMENT) == set()


async def test_an_entry_replaces_all_that_was_known_of_its_id(database: Database) -> None:
    await load(database, DOCUMENT)
    counts = await load(
        database,
        {
            "users": [{"id": 1002, "login": "ada.l"}],
            "memberships": [{"user_id": 1002, "user_group_id": 501, "state": "inactive"}],
        },
    )
    assert counts["users"] == counts["memberships"] == Loaded(1, 1)
    assert await rows(database, user) == [(1002, "ada.l", None), (1003, None, None)]
    assert await said_memberships(database) == [
        (501, 1002, "inactive", "[]", None),
        (501, 1003, "invited", "[]", BEGAN),
    ]
    assert [row[5:9:2] for row in await rows(database, membership)] == [(1, 2), (2, 1)]


async def test_the_last_of_two_entries_holds(database: Database) -> None:
    twice = {"users": [{"id": 7, "login": "old"}, {"id": "7", "login": "new"}]}
    assert (await load(database, twice))["users"] == Loaded(2, 1)
    assert await rows(database, user) == [(7, "new", None)]
    assert (await load(database, twice))["users"] == Loaded(2, 0)


async def test_a_bad_entry_stores_nothing(database: Database) -> None:
    bad = DOCUMENT | {"workflows": [*DOCUMENT["workflows"], {"id": 102}]}
    with pytest.raises(UnreadableFile, match=r"^workflows\[1\]\.project_id cannot be used: "):
        await load(database, bad)
    for table in (user, user_group, membership, project, workflow):
        assert await rows(database, table) == []
    assert len(await rows(database, change_log)) == 1


def lists(*these: NameList) -> set[tuple[str, int]]:
    return {("name_list", one) for one in these}


def identified(name_list: NameList, key: str) -> tuple[str, int]:
    return "identifier", identifier_number(name_list, key)


async def test_a_first_load_changes_every_entity(database: Database) -> None:
    assert await changed_by(database, DOCUMENT) == {
        ("site", 0),
        ("user_record", 1002),
        ("user_record", 1003),
        ("user_group_record", 501),
        ("user_group_record", 505),
        ("project_record", 11),
        ("project_record", 12),
        ("workflow_record", 101),
        identified(NameList.LOGINS, "ada"),
        identified(NameList.SLUGS, "zoo/cats"),
        identified(NameList.GROUP_NAMES, "g1"),
        identified(NameList.GROUP_NAMES, "g5"),
        *lists(NameList.PROJECTS, NameList.PUBLIC_GROUPS),
        *lists(NameList.WORKFLOWS, NameList.ACTIVE_WORKFLOWS),
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"user_groups": [{"id": 505, "name": "g5", "private": False}]},
            {("user_group_record", 505), *lists(NameList.PUBLIC_GROUPS)},
        ),
        (
            {"memberships": [{"user_id": 1003, "user_group_id": 501, "state": "active"}]},
            {("user_group_record", 501), ("user_record", 1003)},
        ),
        (
            {"workflows": [{"id": 101, "project_id": 12}]},
            {
                ("workflow_record", 101),
                ("project_record", 11),
                ("project_record", 12),
                *lists(NameList.WORKFLOWS, NameList.ACTIVE_WORKFLOWS),
            },
        ),
        (
            {"projects": [{"id": 12, "display_name": "Dogs"}]},
            {("project_record", 12), *lists(NameList.PROJECTS)},
        ),
        (
            {"users": [{"id": 1003, "login": "bob"}]},
            {("user_record", 1003), identified(NameList.LOGINS, "bob")},
        ),
        ({"users": [{"id": 1002, "login": "ADA"}]}, {("user_record", 1002)}),
        ({"user_groups": [{"id": 7, "private": True}]}, {("user_group_record", 7)}),
        ({"user_groups": [{"id": 7, "state": "deleted"}]}, {("user_group_record", 7)}),
    ],
)
async def test_a_change_touches_its_entities_alone(
    database: Database, document: object, expected: set[tuple[str, int]]
) -> None:
    await load(database, DOCUMENT)
    assert await changed_by(database, document) == {("site", 0), *expected}


async def test_a_membership_of_an_unknown_group_is_refused_with_its_place(
    database: Database,
) -> None:
    await load(database, DOCUMENT)
    member = {"user_id": 1002, "state": "active", "roles": ["group_member"]}
    known = [{**member, "user_group_id": 505}, {**member, "user_group_id": 7}]
    with pytest.raises(UnreadableFile) as refused:
        await load(database, {"user_groups": [{"id": 8}], "memberships": known})
    assert refused.value.message == (
        "memberships[1].user_group_id cannot be used: neither the file nor the directory has a"
        " group 7."
    )
    stored = await rows(database, membership)
    assert {row[0] for row in stored} == {501}
    await load(database, {"user_groups": [{"id": 7}], "memberships": known})
    assert {row[0] for row in await rows(database, membership)} == {501, 505, 7}
