"""Whoever knows a login, a slug or a group's name finds what has it, and nothing that is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.store_names import store_names
from gateway.events.event import Names
from tests.asking import ADMIN, ask

DIRECTORY: dict[str, Any] = {
    "users": [
        {"id": 1, "login": "ada", "display_name": "Ada"},
        {"id": 2, "login": "Straße"},
        {"id": 3, "login": "Twin"},
        {"id": 4, "login": "twin"},
        {"id": 5, "login": "a" * 300},
        {"id": 6},
    ],
    "projects": [{"id": 11, "slug": "Zookeeper/galaxy-zoo"}, {"id": 12}],
    "user_groups": [
        {"id": 21, "name": "Our-Class", "private": True},
        {"id": 22, "name": "our-class", "stats_visibility": "public_show_all"},
        {"id": 23, "name": "ended", "stats_visibility": "public_show_all", "state": "deleted"},
        {"id": 24, "name": "ENDED", "private": True},
    ],
    "memberships": [
        {"user_group_id": one, "user_id": 1, "state": "active", "roles": ["group_member"]}
        for one in (21, 24)
    ],
}
MEMBER = Viewer(id=1)


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    return database


async def found(database: Database, field: str, viewer: Viewer = ANONYMOUS) -> str | None:
    """The id that a look-up leads to; None with NOT_FOUND."""
    asked = await ask(database, f"{{ one: {field} {{ id }} }}", viewer=viewer)
    codes = [(error.extensions or {})["code"] for error in asked.errors]
    assert codes == ([] if asked.data["one"] else ["NOT_FOUND"])
    return asked.data["one"] and asked.data["one"]["id"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('userByLogin(login: "ada")', "1"),
        ('userByLogin(login: "ADA")', "1"),
        ('userByLogin(login: "STRASSE")', "2"),
        ('userByLogin(login: "Twin")', "3"),
        ('userByLogin(login: "twin")', "4"),
        ('userByLogin(login: "TWIN")', "3"),
        (f'userByLogin(login: "{"A" * 300}")', "5"),
        (f'userByLogin(login: "{"a" * 299}")', None),
        ('userByLogin(login: "ad")', None),
        ('userByLogin(login: "ad_")', None),
        ('userByLogin(login: "Ada%")', None),
        ('userByLogin(login: "")', None),
        ('userByLogin(login: "\\u0000")', None),
        ('projectBySlug(slug: "zookeeper/GALAXY-zoo")', "11"),
        ('projectBySlug(slug: "galaxy-zoo")', None),
    ],
)
async def test_letter_case_makes_no_difference_and_everything_else_does(
    filled: Database, field: str, expected: str | None
) -> None:
    assert await found(filled, field) == expected


@pytest.mark.parametrize(
    ("viewer", "name", "expected"),
    [
        # Another's hidden group is not there, also where its spelling is the one asked for.
        (ANONYMOUS, "Our-Class", "22"),
        (Viewer(id=2), "Our-Class", "22"),
        (MEMBER, "Our-Class", "21"),
        (MEMBER, "our-class", "22"),
        (MEMBER, "OUR-CLASS", "21"),
        (ADMIN, "OUR-CLASS", "21"),
        (ANONYMOUS, "ended", None),
        (MEMBER, "ended", "24"),
        (ADMIN, "ended", "23"),
    ],
)
async def test_of_groups_with_one_name_those_are_looked_at_that_exist_for_the_viewer(
    filled: Database, viewer: Viewer, name: str, expected: str | None
) -> None:
    assert await found(filled, f'userGroupByName(name: "{name}")', viewer) == expected


async def test_a_hidden_name_and_one_that_nobody_has_are_refused_alike(filled: Database) -> None:
    await filled.write(
        lambda c: load_directory(c, {"user_groups": [{"id": 25, "name": "lone", "private": True}]})
    )
    hidden, unknown = [
        await ask(filled, f'{{ userGroupByName(name: "{name}") {{ id }} }}', viewer=ANONYMOUS)
        for name in ("lone", "none")
    ]
    assert hidden.data == unknown.data
    assert list(map(str, hidden.errors)) == [
        str(error).replace("none", "lone") for error in unknown.errors
    ]


async def test_an_erased_user_is_found_by_no_login(filled: Database) -> None:
    await filled.write(lambda connection: erase_user(connection, 1))
    await filled.write(lambda connection: store_names(connection, Names({1: "ada"})))
    assert await found(filled, 'userByLogin(login: "ada")') is None


async def test_who_is_called_otherwise_is_found_by_the_new_name_alone(filled: Database) -> None:
    renamed = {"users": [{"id": 1, "login": "lovelace"}]}
    await filled.write(lambda connection: load_directory(connection, renamed))
    assert await found(filled, 'userByLogin(login: "ada")') is None
    assert await found(filled, 'userByLogin(login: "Lovelace")') == "1"


async def test_many_look_ups_take_the_statements_of_one(filled: Database) -> None:
    one = await ask(filled, '{ userByLogin(login: "ada") { displayName } }')
    many = await ask(
        filled,
        """{
            a: userByLogin(login: "ada") { displayName } b: userByLogin(login: "twin") { id }
            projectBySlug(slug: "zookeeper/galaxy-zoo") { id }
            userGroupByName(name: "our-class") { id }
        }""",
    )
    assert not many.errors
    assert (one.statements, many.statements) == (2, 2)
