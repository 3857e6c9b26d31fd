"""What a router asks for: entities by representations, of which it may send anything."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from tests.asking import Asked, ask
from tests.authorization.people import open_group, private_group

ENTITIES = """query ($asked: [_Any!]!) { _entities(representations: $asked) {
    __typename
    ... on User { id login }
    ... on UserGroup { id name }
    ... on Project { id slug }
    ... on Workflow { id }
} }"""


async def entities(database: Database, *asked: Any, viewer: Viewer = ANONYMOUS) -> Asked:
    return await ask(database, ENTITIES, {"asked": [*asked]}, viewer)


GOOD = {"__typename": "User", "id": "1001"}
USER_1001 = {"__typename": "User", "id": "1001", "login": "user-1001"}


@pytest.mark.parametrize(
    ("wrong", "code", "argument"),
    [
        ({}, "INVALID_ARGUMENT", "representations[1]"),
        ({"id": "1001"}, "INVALID_ARGUMENT", "representations[1]"),
        *(
            ({"__typename": name, "id": "10"}, "INVALID_ARGUMENT", "representations[1]")
            for name in (
                "",
                "user",
                "Nobody",
                "Query",
                "Membership",
                "GroupStats",
                "MemberContribution",
                "_Any",
                "_Entity",
                "Date",
                "SafeInt",
                "Period",
                "StatsScope",
                "__Schema",
                None,
                7,
                ["User"],
                {"User": 1},
            )
        ),
        *(
            (representation, "INVALID_ARGUMENT", "representations[1]")
            for representation in ("User", 7, 1.5, True, [], ["User", "1001"])
        ),
        ({"__typename": "User"}, "INVALID_ARGUMENT", "representations[1]"),
        *(
            ({"__typename": "User", "id": wrong}, "INVALID_ARGUMENT", "representations[1]")
            for wrong in (None, 1.5, True, [], {}, ["1001"])
        ),
        *(
            ({"__typename": name, "id": wrong}, "INVALID_ARGUMENT", "id")
            for name in ("User", "UserGroup", "Project", "Workflow")
            # Also digits of another script, and more of them than Python reads as a number.
            for wrong in (
                "",
                "x",
                "0",
                "-1",
                " 10",
                "010",
                "1e1",
                "\u0661\u0660",
                "10\n",
                "9" * 5000,
                0,
                -1,
            )
        ),
        ({"__typename": "UserGroup", "id": "99"}, "NOT_FOUND", None),
        ({"__typename": "Project", "id": "99"}, "NOT_FOUND", None),
        ({"__typename": "Workflow", "id": "99"}, "NOT_FOUND", None),
    ],
    ids=repr,
)
async def test_a_wrong_representation_is_an_error_alone(
    filled: Database, wrong: Any, code: str, argument: str | None
) -> None:
    asked = await entities(filled, GOOD, wrong, GOOD)
    assert asked.data == {"_entities": [USER_1001, None, USER_1001]}
    (error,) = asked.errors
    assert error.path == ["_entities", 1]
    assert error.extensions == {"code": code} | ({"argument": argument} if argument else {})
    assert len(error.message) < 120


async def test_an_id_may_be_a_number(filled: Database) -> None:
    asked = await entities(filled, {"__typename": "User", "id": 1001})
    assert asked.data == {"_entities": [USER_1001]}


async def test_any_valid_id_is_a_volunteer(filled: Database) -> None:
    """Another subgraph may know more volunteers than the directory."""
    asked = await entities(filled, {"__typename": "User", "id": str(2**63 - 1)})
    assert asked.data == {
        "_entities": [{"__typename": "User", "id": str(2**63 - 1), "login": None}]
    }
    assert asked.errors == []


async def test_nothing_but_the_key_counts(filled: Database) -> None:
    """What else stands in a representation was never ours to believe."""
    smuggled = {
        "access": {"aggregates": True, "individuals": True},
        "membership": {"state": "active", "roles": ["group_admin"]},
        "statsVisibility": "PUBLIC_SHOW_ALL",
        "stats_visibility": 4,
        "private": False,
        "group_id": open_group(4),
        "user_id": 1,
        "info": {"context": {"viewer": {"is_site_admin": True}}},
        "cls": "User",
        "self": None,
    }
    document = """query ($asked: [_Any!]!) { _entities(representations: $asked) {
        ... on UserGroup { id statsVisibility classifications { totalCount } }
    } }"""
    group = {"__typename": "UserGroup", "id": str(open_group(0)), **smuggled}
    asked = await ask(filled, document, {"asked": [group]}, ANONYMOUS)
    assert asked.data == {
        "_entities": [{"id": "10", "statsVisibility": "PRIVATE_AGG_ONLY", "classifications": None}]
    }
    assert [error.extensions for error in asked.errors] == [{"code": "UNAUTHENTICATED"}]
    hidden = group | {"id": str(private_group(0))}
    asked = await ask(filled, document, {"asked": [hidden]}, ANONYMOUS)
    assert asked.data == {"_entities": [None]}
    assert [error.extensions for error in asked.errors] == [{"code": "NOT_FOUND"}]


@pytest.mark.parametrize(("many", "refused"), [(0, False), (1000, False), (1001, True)])
async def test_at_most_a_thousand_are_asked_for_at_once(
    filled: Database, many: int, refused: bool
) -> None:
    asked = await entities(filled, *[GOOD] * many)
    if not refused:
        assert (asked.data, asked.errors) == ({"_entities": [USER_1001] * many}, [])
        return
    assert asked.data == {}
    (error,) = asked.errors
    assert error.path == ["_entities"]
    assert error.extensions == {
        "code": "OUT_OF_BOUNDS",
        "argument": "representations",
        "minimum": 0,
        "limit": 1000,
        "value": 1001,
    }
    assert error.message == "representations has 1,001 items: at most 1,000 are allowed."


@pytest.mark.parametrize(("viewer", "more"), [(ANONYMOUS, 0), (Viewer(id=1006), 1)])
async def test_200_entities_take_as_many_statements_as_one(
    filled: Database, viewer: Viewer, more: int
) -> None:
    """A Select for each type; for groups also the memberships of the viewer, if there is one."""
    selects = {"User": 1, "UserGroup": 1 + more, "Project": 1, "Workflow": 1}
    for many in (1, 200):
        ids = range(1, many + 1)
        every = {name: [{"__typename": name, "id": str(one)} for one in ids] for name in selects}
        taken = {
            name: await entities(filled, *asked, viewer=viewer) for name, asked in every.items()
        }
        assert {name: one.selects for name, one in taken.items()} == selects
        assert {name: one.statements for name, one in taken.items()} == dict.fromkeys(selects, 1)
        together = await entities(filled, *chain.from_iterable(every.values()), viewer=viewer)
        assert (together.statements, together.selects) == (1, sum(selects.values()))


async def test_statistics_of_200_entities_take_as_many_statements_as_those_of_one(
    filled: Database,
) -> None:
    document = """query ($asked: [_Any!]!) { _entities(representations: $asked) {
        ... on User { classifications { totalCount } }
    } }"""
    for many in (1, 200):
        asked = [{"__typename": "User", "id": str(one)} for one in range(1, many + 1)]
        assert (await ask(filled, document, {"asked": asked})).statements == 2
