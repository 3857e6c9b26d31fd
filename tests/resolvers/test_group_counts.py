"""Counting groups by their records."""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.executing import executed

NOW = datetime(2026, 8, 1, tzinfo=UTC)
ADMIN = Viewer(id=1, is_site_admin=True)
GROUPS = [
    {
        "id": 1,
        "name": "alpha",
        "display_name": "Alpha",
        "stats_visibility": 0,
        "created": "2024-01-01T00:00:00Z",
        "updated_at": "2025-05-05T00:00:00Z",
        "state": "active",
        "open_access": True,
    },
    {
        "id": 2,
        "name": "beta",
        "display_name": "Beta 100%",
        "stats_visibility": 4,
        "created_at": "2024-01-31T23:59:59.999Z",
        "state": "deleted",
        "open_access": False,
    },
    {"id": 3, "name": "Zeta_1", "stats_visibility": 4, "created": "2024-02-01T00:00:00Z"},
    {"id": 4, "name": "undated", "stats_visibility": 2},
]
COUNT = """
query ($where: [GroupAlternatives!], $dateField: GroupDateField! = CREATED,
       $start: Date! = "2024-01-01", $end: Date! = "2024-12-31") {
  userGroupCounts(where: $where, dateField: $dateField, range: { start: $start, end: $end }) {
    totalCount
  }
}
"""


@pytest.fixture
async def groups(database: Database) -> Database:
    await database.write(lambda connection: load_directory(connection, {"user_groups": GROUPS}))
    return database


async def ask(
    database: Database, document: str, viewer: Viewer = ADMIN, **variables: object
) -> tuple[Any, list[Any]]:
    async with Operation(database, viewer, NOW) as operation:
        result = await executed(graphql_schema, document, variables, operation)
    return result.data, [error.extensions for error in result.errors or ()]


async def count(database: Database, *where: list[dict[str, str]], **variables: object) -> int:
    data, errors = await ask(
        database, COUNT, where=[{"any": alternatives} for alternatives in where], **variables
    )
    assert errors == []
    found: int = data["userGroupCounts"]["totalCount"]
    return found


def condition(field: str, value: str, compared: str = "EQUAL") -> dict[str, str]:
    return {"field": field, "operator": compared, "value": value}


async def test_days_at_both_ends_of_the_range_count(groups: Database) -> None:
    assert await count(groups) == 3
    assert await count(groups, start="2024-01-01", end="2024-01-31") == 2
    assert await count(groups, start="2024-02-01", end="2024-02-01") == 1
    assert await count(groups, start="2025-05-05", end="2025-05-05", dateField="LAST_MODIFIED") == 1


@pytest.mark.parametrize(
    ("field", "compared", "value", "ids"),
    [
        ("NAME", "EQUAL", "alpha", {1}),
        ("NAME", "EQUAL", "ALPHA", set()),
        ("NAME", "LESS", "alpha", {3}),  # capitals come before small letters, byte by byte
        ("NAME", "GREATER_OR_EQUAL", "alpha", {1, 2}),
        ("NAME", "LIKE", "%ta%", {2, 3}),
        ("NAME", "LIKE", "A%", set()),
        ("NAME", "LIKE", "_eta", {2}),
        ("NAME", "LIKE", "[b]eta", set()),
        ("NAME", "LIKE", "b*", set()),
        ("TITLE", "LIKE", "%100\\%", set()),
        ("ID", "GREATER", "1", {2, 3}),
        ("STATE", "NOT_EQUAL", "deleted", {1, 3}),
        ("OPEN_ACCESS", "EQUAL", "true", {1}),
        ("OPEN_ACCESS", "NOT_EQUAL", "true", {2, 3}),
        ("CREATED", "LESS", "2024-01-31", {1}),
        ("CREATED", "GREATER_OR_EQUAL", "2024-01-31T23:59:59.999Z", {2, 3}),
        ("LAST_MODIFIED", "LESS_OR_EQUAL", "2025-05-05", {1}),
    ],
)
async def test_a_condition_holds_for_these_groups(
    groups: Database, field: str, compared: str, value: str, ids: set[int]
) -> None:
    held = condition(field, value, compared)
    found = {
        group_id
        for group_id in (1, 2, 3)
        if await count(groups, [held], [condition("ID", str(group_id))])
    }
    assert found == ids


async def test_alternatives_are_or_and_groups_of_them_are_and(groups: Database) -> None:
    alpha, beta = condition("NAME", "alpha"), condition("NAME", "beta")
    assert await count(groups, [alpha, beta]) == 2
    assert await count(groups, [alpha], [beta]) == 0
    assert await count(groups, [alpha, beta], [condition("STATE", "active")]) == 1
    assert await count(groups, []) == 0


async def test_as_many_conditions_as_are_taken_are_counted(groups: Database) -> None:
    held = condition("NAME", "%a", "LIKE")
    assert await count(groups, [held] * 250, [held] * 250) == 2
    assert await count(groups, *[[held]] * 500) == 2
    data, errors = await ask(groups, COUNT, where=[{"any": [held] * 501}])
    assert data == {"userGroupCounts": None}
    (error,) = errors
    assert error == {
        "code": "OUT_OF_BOUNDS",
        "argument": "where",
        "minimum": 0,
        "limit": 500,
        "value": 501,
    }


async def test_counts_come_apart_by_period_and_by_visibility(groups: Database) -> None:
    document = """{ userGroupCounts(range: { start: "2024-01-01", end: "2024-12-31" }) {
      totalCount
      buckets(period: MONTH) { startsOn count }
      byStatsVisibility { statsVisibility count }
    } }"""
    data, errors = await ask(groups, document)
    assert errors == []
    assert data["userGroupCounts"] == {
        "totalCount": 3,
        "buckets": [{"startsOn": "2024-01-01", "count": 2}, {"startsOn": "2024-02-01", "count": 1}],
        "byStatsVisibility": [
            {"statsVisibility": "PRIVATE_AGG_ONLY", "count": 1},
            {"statsVisibility": "PUBLIC_SHOW_ALL", "count": 2},
        ],
    }


@pytest.mark.parametrize(
    ("bad", "argument"),
    [
        (condition("ID", "one"), "where"),
        (condition("OPEN_ACCESS", "maybe"), "where"),
        (condition("OPEN_ACCESS", "true", "LESS"), "where"),
        (condition("CREATED", "yesterday"), "where"),
        (condition("CREATED", "2024%", "LIKE"), "where"),
        (condition("ID", "1%", "LIKE"), "where"),
    ],
)
async def test_a_value_that_does_not_fit_its_field_is_refused(
    groups: Database, bad: dict[str, str], argument: str
) -> None:
    data, errors = await ask(groups, COUNT, where=[{"any": [bad]}])
    assert data == {"userGroupCounts": None}
    assert errors == [{"code": "INVALID_ARGUMENT", "argument": argument}]


@pytest.mark.parametrize(
    ("viewer", "code"),
    [
        (ANONYMOUS, "UNAUTHENTICATED"),
        (Viewer(id=2), "FORBIDDEN"),
        (Viewer(api_key_id="k"), "FORBIDDEN"),
        (Viewer(api_key_id="k", scopes=frozenset({Scope.GROUPS_COUNT})), None),
        (ADMIN, None),
    ],
)
async def test_only_site_admins_and_keys_for_it_count_groups(
    groups: Database, viewer: Viewer, code: str | None
) -> None:
    for document in (
        COUNT,
        '{ userGroupCounts(range: { start: "2024-01-01", end: "2024-12-31" }) { totalCount } }',
    ):
        data, errors = await ask(groups, document, viewer)
        assert errors == ([] if code is None else [{"code": code}])
        assert (operator.itemgetter(*data)(data) is None) == (code is not None)
