"""The index of names is what the rows of the directory make it, whatever wrote them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from gateway.db import Database, open_database, tables
from gateway.db.migrate import configuration
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.name_lists import NameList
from gateway.directory.panoptes.answers import GROUPS, RECORDS, Scope, store_answer
from gateway.directory.store_names import store_names
from gateway.events.event import Names
from gateway.name_keys import identifier_key, order_key, word_keys
from tests.logged import logged

Index = tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]
IDS = st.integers(1, 4)
TEXTS = st.sampled_from(["Ada", "ada", "Galaxy Zoo", "galaxy-zoo", "Straße", "x" * 300, ""])
NAMES = TEXTS | st.none()


def stored(connection: Connection) -> Index:
    return (
        {tuple(row) for row in connection.execute(select(tables.name_key))},
        {tuple(row) for row in connection.execute(select(tables.name_word))},
    )


def expected(connection: Connection) -> Index:
    """The index by the rules as the documentation has them."""
    keys: set[tuple[Any, ...]] = set()
    words: set[tuple[Any, ...]] = set()

    def identify(which: NameList, name: str | None, entity_id: int) -> None:
        if name:
            keys.add((which, identifier_key(name), entity_id))

    def list_(which: NameList, name: str | None, entity_id: int) -> None:
        key = order_key(name or "")
        keys.add((which, key, entity_id))
        words.update((which, word, key, entity_id) for word in word_keys(name or ""))

    for one in connection.execute(select(tables.user)):
        identify(NameList.LOGINS, one.login, one.id)
    for one in connection.execute(select(tables.project)):
        identify(NameList.SLUGS, one.slug, one.id)
        list_(NameList.PROJECTS, one.display_name or one.slug, one.id)
    for one in connection.execute(select(tables.workflow)):
        list_(NameList.WORKFLOWS, one.display_name, one.id)
        if one.active is not None:
            which = NameList.ACTIVE_WORKFLOWS if one.active else NameList.INACTIVE_WORKFLOWS
            keys.add((which, order_key(one.display_name or ""), one.id))
    records = select(tables.group_record.c.group_id, tables.group_record.c.state)
    states = {row[0]: row[1] for row in connection.execute(records)}
    for one in connection.execute(select(tables.user_group)):
        identify(NameList.GROUP_NAMES, one.name, one.id)
        is_hidden = one.private and one.stats_visibility < 2
        if not is_hidden and states.get(one.id) in (None, "active"):
            list_(NameList.PUBLIC_GROUPS, one.display_name or one.name, one.id)
    return keys, words


@st.composite
def writes(draw: st.DrawFn) -> Callable[[Connection], Any]:
    """A transaction that writes names, of each kind that there is."""
    number = draw(IDS)
    group = {
        "id": number,
        "name": draw(NAMES),
        "display_name": draw(NAMES),
        "stats_visibility": draw(st.integers(0, 4)),
        "private": draw(st.booleans()),
    }
    state = draw(st.sampled_from([None, "active", "inactive", "deleted"]))
    entries = {
        "users": [{"id": number, "login": draw(NAMES)}],
        "projects": [{"id": number, "slug": draw(NAMES), "display_name": draw(NAMES)}],
        "workflows": [
            {
                "id": number,
                "project_id": draw(IDS),
                "display_name": draw(NAMES),
                "active": draw(st.none() | st.booleans()),
            }
        ],
        "user_groups": [group | ({} if state is None else {"state": state})],
    }
    chosen = draw(st.sets(st.sampled_from(sorted(entries)), min_size=1))
    document = {name: entries[name] for name in chosen}
    names = Names({number: draw(NAMES)}, {number: draw(NAMES)}, {number: (1, draw(NAMES))})
    at = draw(st.integers(0, 9))
    answer: dict[str, Any] = {GROUPS: [group]} if draw(st.booleans()) else {GROUPS: []}
    if answer[GROUPS] and state is not None:
        record = {column.name: None for column in tables.group_record.c}
        answer[RECORDS] = [record | {"group_id": number, "state": state}]
    scope = Scope(GROUPS, frozenset({number}), frozenset())
    options: list[Callable[[Connection], Any]] = [
        lambda connection: load_directory(connection, document),
        lambda connection: store_names(connection, names, at),
        lambda connection: store_answer(connection, scope, answer, at),
        lambda connection: erase_user(connection, number),
    ]
    return draw(st.sampled_from(options))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(writes(), max_size=6))
async def test_it_follows_whatever_is_written(
    database: Database, history: list[Callable[[Connection], Any]]
) -> None:
    for write in history:
        before = await database.write(stored)
        async with logged(database) as changed:
            await database.write(write)
        after = await database.write(stored)
        assert after == await database.write(expected)
        lists = {row[0] for row in before[0] ^ after[0] if row[0] > NameList.GROUP_NAMES}
        lists |= {row[0] for row in before[1] ^ after[1]}
        assert {number for kind, number in changed if kind == "name_list"} >= lists
        identifiers = {row for row in before[0] ^ after[0] if row[0] <= NameList.GROUP_NAMES}
        told = {number for kind, number in changed if kind == "identifier"}
        assert len(told) == len({row[:2] for row in identifiers})


async def test_an_erased_user_is_found_by_no_login_and_stays_so(database: Database) -> None:
    names = Names({7: "Ada"})
    await database.write(lambda connection: store_names(connection, names))
    assert (await database.write(stored))[0] == {(NameList.LOGINS, "ada", 7)}
    await database.write(lambda connection: erase_user(connection, 7))
    await database.write(lambda connection: store_names(connection, names))
    document = {"users": [{"id": 7, "login": "Ada"}]}
    await database.write(lambda connection: load_directory(connection, document))
    assert await database.write(stored) == (set(), set())


@pytest.mark.parametrize("said", [{"private": True}, {"state": "deleted"}])
async def test_a_group_that_hides_or_ends_is_in_no_list(
    database: Database, said: dict[str, Any]
) -> None:
    group = {"id": 1, "name": "g", "display_name": "Our class"}
    await database.write(lambda c: load_directory(c, {"user_groups": [group]}))
    assert len((await database.write(stored))[1]) == len(["our class", "class"])
    await database.write(lambda c: load_directory(c, {"user_groups": [group | said]}))
    assert await database.write(stored) == ({(NameList.GROUP_NAMES, "g", 1)}, set())


@pytest.mark.empty_database
async def test_a_migration_fills_it_from_what_is_stored(database_url: str) -> None:
    """In rounds: there are more of each kind than one round has."""
    many = range(1, 5_003)

    def fill(connection: Connection) -> None:
        command.upgrade(configuration(connection), "0009")
        names = ["Ada", "Straße Nr. 5", None, "galaxy-zoo", "", "x y " * 200]
        chosen = {one: names[one % len(names)] for one in many}
        user, project, workflow = tables.user, tables.project, tables.workflow
        connection.execute(
            insert(user), [{"id": one, "login": name} for one, name in chosen.items()]
        )
        connection.execute(
            insert(project),
            [
                {"id": one, "slug": f"Zoo/{one}", "display_name": name}
                for one, name in chosen.items()
            ],
        )
        connection.execute(
            insert(workflow),
            [
                {"id": one, "display_name": name, "active": [None, True, False][one % 3]}
                for one, name in chosen.items()
            ],
        )
        connection.execute(
            insert(tables.user_group),
            [
                {
                    "id": one,
                    "name": f"G-{one}",
                    "display_name": name,
                    "stats_visibility": one % 5,
                    "private": one % 2 == 0,
                }
                for one, name in chosen.items()
            ],
        )
        connection.execute(
            insert(tables.group_record),
            [{"group_id": one, "state": ["active", "inactive"][one % 2]} for one in many[::7]],
        )

    async with open_database(database_url) as database:
        await database.write(fill)
        await database.migrate()
        assert await database.write(stored) == await database.write(expected)
