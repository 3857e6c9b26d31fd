"""Milestones and streaks, as operations show them on 2024-03-04."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.db import Database
from gateway.directory.load import load_directory
from tests.asking import answer, ask
from tests.events_of import classification, store

MILESTONES = "milestones { reached { value reachedOn } next { value remaining expectedOn } }"
STREAK = "current longest currentStart longestStart longestEnd"
GROUP = {"id": 501, "name": "g", "stats_visibility": "public_agg_only"}
SUBJECTS = ["user(id: 1)", "userGroup(id: 501)", "project(id: 11)"]


async def directory(database: Database) -> None:
    records = {
        "users": [{"id": 1, "login": "ada"}],
        "user_groups": [GROUP],
        "projects": [{"id": 11, "slug": "zoo/cats"}],
    }
    await database.write(lambda connection: load_directory(connection, records))


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_the_days_of_round_numbers_and_the_next_one(database: Database, subject: str) -> None:
    await directory(database)
    days = ["2021-12-31", "2022-05-01", *["2022-05-02"] * 8, *["2024-03-02"] * 28]
    await store(
        database,
        *(classification(n, f"{one}T12:00", groups=(501,)) for n, one in enumerate(days, 1)),
    )
    asked = await ask(database, f"{{ one: {subject} {{ {MILESTONES} }} }}")
    assert asked.errors == []
    assert asked.data["one"]["milestones"] == {
        "reached": [
            {"value": 1, "reachedOn": "2021-12-31"},
            {"value": 10, "reachedOn": "2022-05-02"},
        ],
        # 28 in 14 days: two a day.
        "next": {"value": 100, "remaining": 62, "expectedOn": "2024-04-04"},
    }
    # The record; then years, months and days.
    assert asked.statements == 4


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_without_classifications_the_first_one_is_next(
    database: Database, subject: str
) -> None:
    await directory(database)
    found = await answer(database, f"{{ one: {subject} {{ {MILESTONES} }} }}")
    assert found["one"]["milestones"] == {
        "reached": [],
        "next": {"value": 1, "remaining": 1, "expectedOn": None},
    }


async def streaks(database: Database, arguments: str = "") -> dict[str, Any]:
    document = f"""{{
        user(id: 1) {{ classifications {{ streak{arguments} {{ {STREAK} }} }} }}
        userGroup(id: 501) {{ classifications {{ streak{arguments} {{ {STREAK} }} }} }}
    }}"""
    found = await answer(database, document)
    user, group = (found[name]["classifications"]["streak"] for name in ("user", "userGroup"))
    assert user == group
    shown: dict[str, Any] = user
    return shown


async def test_weeks_in_a_row(database: Database) -> None:
    await directory(database)
    # Three weeks of 2023 that end with the year, and last week; today is a Monday.
    days = ["2023-12-13", "2023-12-18", "2023-12-24", "2023-12-31", "2024-03-03"]
    await store(
        database,
        *(classification(n, f"{one}T12:00", groups=(501,)) for n, one in enumerate(days, 1)),
    )
    longest = {"longest": 3, "longestStart": "2023-12-11", "longestEnd": "2023-12-31"}
    last_week = {"current": 1, "currentStart": "2024-02-26"}
    assert await streaks(database) == longest | last_week
    assert await streaks(database, "(period: null)") == longest | last_week

    await store(database, classification(9, "2024-03-04T08:00", groups=(501,)))
    assert await streaks(database) == longest | last_week | {"current": 2}
    assert await streaks(database, "(period: DAY)") == {
        "current": 2,
        "currentStart": "2024-03-03",
        "longest": 2,
        "longestStart": "2024-03-03",
        "longestEnd": "2024-03-04",
    }
    assert await streaks(database, "(period: YEAR)") == {
        "current": 2,
        "currentStart": "2023-01-01",
        "longest": 2,
        "longestStart": "2023-01-01",
        "longestEnd": "2024-12-31",
    }


async def test_a_streak_is_over_after_a_period_without_anything(database: Database) -> None:
    await directory(database)
    await store(database, classification(1, "2024-02-25T12:00", groups=(501,)))
    assert (await streaks(database))["current"] == 0
    assert (await streaks(database))["currentStart"] is None
    assert (await streaks(database, "(period: MONTH)"))["current"] == 1


async def test_without_classifications_there_is_no_streak(database: Database) -> None:
    await directory(database)
    nothing = dict.fromkeys(("currentStart", "longestStart", "longestEnd"))
    assert await streaks(database) == {"current": 0, "longest": 0} | nothing


async def test_days_to_come_are_in_no_streak(database: Database) -> None:
    await directory(database)
    # By a clock that is fast.
    await store(database, classification(1, "2024-03-11T12:00", groups=(501,)))
    assert (await streaks(database))["longest"] == 0
