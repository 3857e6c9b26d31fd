"""Contributions by project and workflow, in each order, and what members did by period."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.load import load_directory
from tests.asking import answer
from tests.events_of import classification, comment, store

GROUP = "userGroup(id: 501) { classifications"
OF = {
    "a volunteer": ("user(id: 1) { classifications", ""),
    "a group": (GROUP, ""),
    "a member": (GROUP, "memberBreakdown { nodes"),
    "a top contributor": (GROUP, "topContributors"),
}


async def fill(database: Database) -> None:
    """One volunteer: often in 101, long in 102, of late in 103, once without a workflow."""

    def load(connection: Connection) -> None:
        document = {
            "users": [{"id": 1, "login": "ada"}],
            "user_groups": [{"id": 501, "stats_visibility": "public_show_all"}],
            "projects": [{"id": 11, "slug": "zoo/cats"}],
            "workflows": [
                {"id": 101, "project_id": 11, "display_name": "Count"},
                {"id": 102, "project_id": 11},
            ],
        }
        load_directory(connection, document)

    await database.write(load)
    done = [
        *((f"2024-01-0{n}T12:00", 11, 101, 1000) for n in (1, 2, 3)),
        *((f"2024-01-0{n}T12:00", 11, 102, 9000) for n in (4, 5)),
        ("2024-02-29T12:00", 12, 103, 4000),
        ("2024-01-06T12:00", 12, 0, 0),
    ]
    await store(
        database,
        *(
            classification(n, day, project=project, workflow=workflow, session_ms=ms, groups=(501,))
            for n, (day, project, workflow, ms) in enumerate(done)
        ),
        *(comment(100 + n, project=11 + n % 2) for n in range(3)),
    )


async def found(database: Database, whose: str, selection: str) -> Any:
    """What is selected of the one volunteer there is."""
    stats, below = OF[whose]
    inner = f"{below} {{ {selection} }} {'}' * below.count('{')}" if below else selection
    data: Any = await answer(database, f"{{ {stats} {{ {inner} }} }} }}")
    (entity,) = data.values()
    value = entity["classifications"]
    for name in ("memberBreakdown", "nodes", "topContributors"):
        value = value.get(name, value) if isinstance(value, dict) else value
    return value[0] if isinstance(value, list) else value


WORKFLOWS = {"MOST_CLASSIFICATIONS": [101, 102, 0, 103], "MOST_TIME": [102, 103, 101, 0]}
PROJECTS = {"MOST_CLASSIFICATIONS": [11, 12], "MOST_TIME": [11, 12], "MOST_RECENT": [12, 11]}


@pytest.mark.parametrize("whose", OF)
async def test_contributions_by_workflow(database: Database, whose: str) -> None:
    await fill(database)
    details = "count timeSpent lastContributedOn workflow { id displayName project { id } }"
    one = await found(database, whose, f"workflowContributions {{ {details} }}")
    first, *_, last = one["workflowContributions"]
    assert first == {
        "count": 3,
        "timeSpent": 3.0,
        "lastContributedOn": "2024-01-03",
        "workflow": {"id": "101", "displayName": "Count", "project": {"id": "11"}},
    }
    # Nothing but its events has told of it.
    assert (last["workflow"]["id"], last["workflow"]["displayName"]) == ("103", None)
    assert last["lastContributedOn"] == "2024-02-29"


@pytest.mark.parametrize("whose", OF)
@pytest.mark.parametrize("order", ["MOST_CLASSIFICATIONS", "MOST_TIME", "MOST_RECENT"])
async def test_orders_of_contributions(database: Database, whose: str, order: str) -> None:
    await fill(database)
    workflows = WORKFLOWS | {"MOST_RECENT": [103, 0, 102, 101]}
    for first in (4, 2):
        asked = f"(orderBy: {order}, first: {first})"
        one = await found(
            database,
            whose,
            f"workflowContributions{asked} {{ workflow {{ id }} }}"
            f" projectContributions{asked} {{ project {{ id }} }}",
        )
        ids = [int((each["workflow"] or {"id": 0})["id"]) for each in one["workflowContributions"]]
        assert ids == workflows[order][:first]
        ids = [int(each["project"]["id"]) for each in one["projectContributions"]]
        assert ids == PROJECTS[order]


@pytest.mark.parametrize("whose", ["a member", "a top contributor"])
@pytest.mark.parametrize("period", ["DAY", "WEEK", "MONTH", "YEAR"])
async def test_the_series_of_the_only_member_is_that_of_the_group(
    database: Database, whose: str, period: str
) -> None:
    await fill(database)
    for gaps in ("true", "false"):
        asked = f"buckets(period: {period}, fillGaps: {gaps}) "
        asked += "{ startsOn count timeSpent activeUsers }"
        assert await found(database, whose, asked) == await found(database, "a group", asked)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_series_has_the_range_and_the_scope_of_its_list(database: Database) -> None:
    await fill(database)
    data = await answer(
        database,
        """{ userGroup(id: 501) { classifications(
            range: { start: "2024-01-02", end: "2024-01-04" }, within: { workflowIds: [101] }
        ) { memberBreakdown { edges { node { buckets { startsOn count } } } } } } }""",
    )
    (edge,) = data["userGroup"]["classifications"]["memberBreakdown"]["edges"]
    assert edge["node"]["buckets"] == [
        {"startsOn": "2024-01-02", "count": 1},
        {"startsOn": "2024-01-03", "count": 1},
    ]


async def test_comments_of_a_volunteer_by_project(database: Database) -> None:
    await fill(database)
    data = await answer(
        database,
        """{ user(id: 1) { comments {
            totalCount projectContributions { count project { id slug } }
            one: projectContributions(first: 1) { count }
        } } }""",
    )
    assert data["user"]["comments"] == {
        "totalCount": 3,
        "projectContributions": [
            {"count": 2, "project": {"id": "11", "slug": "zoo/cats"}},
            {"count": 1, "project": {"id": "12", "slug": None}},
        ],
        "one": [{"count": 2}],
    }
