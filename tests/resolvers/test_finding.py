"""Lists that are searched: their pages, cursors, limits and statements, and what is in none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database, tables
from gateway.directory.listing import MOST_MATCHES
from gateway.directory.load import load_directory
from gateway.directory.name_lists import NameList
from gateway.errors import OutOfBounds
from gateway.name_keys import LONGEST_SEARCH
from tests.asking import ADMIN, answer, ask
from tests.events_of import classification, store

NAMES = ["Zebra", "galaxy zoo", "Galaxy Zoo", "Éclair", "zoo of galaxies", None, "Planet-Hunters"]
PROJECTS = range(1, 15)
#: Workflows of project 1, and of others.
WORKFLOWS = range(101, 130)
HIDDEN, ENDED = {"private": True}, {"stats_visibility": 4, "state": "deleted"}


def name_of(number: int) -> str | None:
    return NAMES[number % len(NAMES)]


def directory() -> dict[str, Any]:
    groups: Iterator[dict[str, Any]] = (
        {"id": one, "name": f"g{one}", "display_name": name_of(one)}
        | [{}, HIDDEN, ENDED, {"private": True, "stats_visibility": 2}][one % 4]
        for one in range(201, 230)
    )
    return {
        "projects": [{"id": one, "display_name": name_of(one)} for one in PROJECTS],
        "workflows": [
            {
                "id": one,
                "project_id": 1 if one % 3 else 2,
                "display_name": name_of(one),
                "active": one % 2 == 0,
            }
            for one in WORKFLOWS
        ],
        "user_groups": list(groups),
        "users": [{"id": 1, "login": "ada"}],
        "memberships": [
            {"user_group_id": one, "user_id": 1, "state": "active", "roles": ["group_admin"]}
            for one in range(201, 230)
        ],
    }


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(lambda connection: load_directory(connection, directory()))
    # Of projects 3, 5, 7 … and their workflows, the later ones more and longer ago.
    events = [
        classification(
            100 * one + more,
            f"2024-02-{28 - one:02}T12:00",
            user=1,
            project=one,
            workflow=one + 100,
        )
        for one in PROJECTS[2::2]
        for more in range(one)
    ]
    await store(database, *events)
    return database


async def walk(database: Database, field: str, arguments: str, first: int) -> list[str]:
    """The ids on all pages; each page must say the same of the whole list."""
    found: list[str] = []
    after, totals = "null", set()
    while True:
        given = f"{arguments} first: {first} after: {after}"
        document = f"""{{ {field.replace("%", f"({given})")} }}"""
        page = (await answer(database, document, viewer=ANONYMOUS))["list"]
        page = page.get("workflows", page)
        ids = [node["id"] for node in page["nodes"]]
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert [edge["node"]["id"] for edge in page["edges"]] == ids
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after != "null")
        assert (info["startCursor"], info["endCursor"]) == (
            (cursors[0], cursors[-1]) if cursors else (None, None)
        )
        found += ids
        totals.add(page["totalCount"])
        if not info["hasNextPage"]:
            break
        assert len(ids) == first
        after = f'"{info["endCursor"]}"'
    assert totals == {len(found)}
    return found


PAGE = """{ totalCount nodes { id } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"""
SITE_PROJECTS = f"list: projects% {PAGE}"
SITE_WORKFLOWS = f"list: workflows% {PAGE}"
OF_PROJECT = f"list: project(id: 1) {{ workflows% {PAGE} }}"
GROUPS = f"list: userGroups% {PAGE}"


@pytest.mark.parametrize("first", [4, 50])
@pytest.mark.parametrize(
    ("field", "arguments", "expected"),
    [
        # 6 and 13 have no name, 7 and 14 are Zebras, 4 and 11 begin with É, which comes last.
        (SITE_PROJECTS, "", [5, 12, 1, 2, 8, 9, 6, 13, 7, 14, 4, 11, 3, 10]),
        (SITE_PROJECTS, "orderBy: ID", [*PROJECTS]),
        (
            SITE_PROJECTS,
            "orderBy: MOST_CLASSIFICATIONS",
            [13, 11, 9, 7, 5, 3, 1, 2, 4, 6, 8, 10, 12, 14],
        ),
        (
            SITE_PROJECTS,
            "orderBy: MOST_RECENT",
            [3, 5, 7, 9, 11, 13, 1, 2, 4, 6, 8, 10, 12, 14],
        ),
        (SITE_PROJECTS, 'search: "gal"', [1, 2, 8, 9, 4, 11]),
        (SITE_PROJECTS, 'search: "hunters"', [6, 13]),
        (SITE_PROJECTS, 'search: "GALAXY  z"', [1, 2, 8, 9]),
        (SITE_PROJECTS, 'search: "gal" orderBy: MOST_RECENT', [9, 11, 1, 2, 4, 8]),
        (SITE_PROJECTS, 'search: " "', [5, 12, 1, 2, 8, 9, 6, 13, 7, 14, 4, 11, 3, 10]),
        (SITE_PROJECTS, 'search: "%"', []),
        (SITE_PROJECTS, 'search: "alaxy"', []),
        (OF_PROJECT, 'search: "gal" active: true', None),
        (OF_PROJECT, 'search: "gal" orderBy: MOST_CLASSIFICATIONS', None),
        (OF_PROJECT, "active: false orderBy: MOST_RECENT", None),
        (OF_PROJECT, "", None),
        (GROUPS, 'search: "gal"', [204, 211, 212, 219, 207, 228]),
    ],
)
async def test_pages_are_in_order(
    filled: Database, field: str, arguments: str, expected: list[int] | None, first: int
) -> None:
    found = await walk(filled, field, arguments, first)
    if field is OF_PROJECT:
        # By the same rules as all of the site.
        site = await walk(filled, SITE_WORKFLOWS, arguments, first)
        assert found == [one for one in site if int(one) % 3]
        assert found
    else:
        assert [(name_of(int(one)), int(one)) for one in found] == [
            (name_of(one), one) for one in expected or ()
        ]


@pytest.mark.parametrize("viewer", [ANONYMOUS, Viewer(id=1), Viewer(id=2), ADMIN])
async def test_hidden_and_ended_groups_are_in_nobodys_list(
    filled: Database, viewer: Viewer
) -> None:
    """Not in those of their members and of site admins either."""
    document = "{ userGroups(first: 100) { totalCount nodes { id } } }"
    found = (await answer(filled, document, viewer=viewer))["userGroups"]
    public = {one for one in range(201, 230) if one % 4 in (0, 3)}
    assert {int(node["id"]) for node in found["nodes"]} == public
    assert found["totalCount"] == len(public)


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ("projects(first: 1)", "projects(after: %, orderBy: ID)"),
        ("projects(first: 1, orderBy: MOST_RECENT)", "projects(after: %, orderBy: ID)"),
        ("projects(first: 1, orderBy: ID)", "projects(after: %, orderBy: MOST_RECENT)"),
        ('projects(first: 1, search: "gal")', 'projects(after: %, search: "zoo")'),
        ('projects(first: 1, search: "gal")', "projects(after: %)"),
        ("projects(first: 1)", "workflows(after: %)"),
        ("workflows(first: 1)", "workflows(after: %, active: true)"),
        ("workflows(first: 1)", "userGroups(after: %)"),
    ],
)
async def test_a_cursor_of_another_list_order_or_search_is_refused(
    filled: Database, taken: str, given: str
) -> None:
    page = (await answer(filled, f"{{ one: {taken} {{ edges {{ cursor }} }} }}"))["one"]
    cursor = page["edges"][0]["cursor"]
    asked_for = given.replace("%", f'"{cursor}"')
    document = f"{{ one: {asked_for} {{ nodes {{ id }} }} }}"
    asked = await ask(filled, document)
    assert asked.data == {"one": None}
    assert [(error.extensions or {})["argument"] for error in asked.errors] == ["after"]


@pytest.mark.parametrize("after", ["", "x", "WyJwcm9qZWN0cyBieSBuYW1lIiwiXHUwMDAwIiwxXQ=="])
async def test_what_is_no_cursor_is_refused(filled: Database, after: str) -> None:
    """The last one has a NUL in the place of a name."""
    asked = await ask(filled, f'{{ projects(after: "{after}") {{ nodes {{ id }} }} }}')
    assert asked.data == {"projects": None}
    assert [(error.extensions or {})["argument"] for error in asked.errors] == ["after"]


async def test_a_search_has_a_longest(filled: Database) -> None:
    # One character whose key has 18.
    for search in ("x" * (LONGEST_SEARCH + 1), "\ufdfa" * 10):
        asked = await ask(filled, f'{{ projects(search: "{search}") {{ totalCount }} }}')
        assert asked.data == {"projects": None}
        (error,) = asked.errors
        assert isinstance(error.original_error, OutOfBounds)
        assert error.original_error.argument == "search"


async def test_a_search_that_finds_too_many_names_is_refused_and_others_are_answered(
    database: Database,
) -> None:
    def fill(connection: Any, number: int, last: str) -> None:
        rows = [
            {"list": int(NameList.PROJECTS), "word": f"zoo {one}", "order_key": "zoo",
             "entity_id": one}
            for one in range(number)
        ]  # fmt: skip
        connection.execute(insert(tables.name_word), rows)

    await database.write(lambda connection: fill(connection, MOST_MATCHES + 1, ""))
    document = '{ projects(search: "zoo") { nodes { id } } few: projects(search: "zoo 1000") %s }'
    asked = await ask(database, document % "{ totalCount }")
    assert asked.data == {"projects": None, "few": {"totalCount": 2}}
    (error,) = asked.errors
    assert isinstance(error.original_error, OutOfBounds)
    assert error.original_error.maximum == MOST_MATCHES


@pytest.mark.parametrize(
    ("document", "statements"),
    [
        ("{ projects { nodes { id } } }", 1),
        ("{ projects { totalCount } }", 1),
        ("{ projects { totalCount nodes { id displayName } } }", 2),
        ('{ projects(search: "g", orderBy: MOST_RECENT) { totalCount nodes { displayName } } }', 2),
        ("{ workflows { totalCount edges { node { displayName } } } }", 2),
        ('{ userGroups(search: "g") { totalCount nodes { displayName } } }', 2),
        ("{ projects { nodes { workflows { totalCount nodes { displayName } } } } }", 3),
        ("{ projects { nodes { workflows(orderBy: MOST_CLASSIFICATIONS) { nodes { id } } } } }", 4),
        ("{ projects { nodes { workflows(orderBy: MOST_RECENT) { nodes { id } } } } }", 4),
        ("{ a: projects { nodes { id } } b: workflows { totalCount nodes { id } } }", 2),
        ('{ projects(search: "?") { totalCount nodes { id } } }', 0),
    ],
)
async def test_a_list_takes_one_statement_and_its_names_another(
    filled: Database, document: str, statements: int
) -> None:
    asked = await ask(filled, document, viewer=ANONYMOUS)
    assert (asked.errors, asked.statements) == ([], statements)
