"""Goals as tests write them into a database, without asking whether anybody may."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.db import Database
from gateway.db.goal_tables import goal
from gateway.db.upsert import replace_rows
from gateway.directory.goals import Goal, row_of
from gateway.stats.goals.metric import GoalMetric
from tests.events_of import day

_DAYS = ("start_day", "end_day")


def made_goal(
    number: int, *, group: int | None = None, user: int | None = None, **said: Any
) -> Goal:
    """A goal of ten classifications since 2024, or what is said; days may be dates as text."""
    known: dict[str, Any] = {
        "id": number,
        "group_id": group,
        "user_id": user,
        "title": None,
        "metric": GoalMetric.CLASSIFICATIONS,
        "target": 10,
        "project_ids": None,
        "workflow_ids": None,
        "start_day": "2024-01-01",
        "end_day": None,
        "repeats": None,
        "milestones": None,
        "archived": False,
        "created_at": 1_704_067_200_000_000,
        "created_by": user,
        "updated_at": 1_704_067_200_000_000,
        "revision": 1,
    }
    given = known | said
    days = {name: day(given[name]) for name in _DAYS if isinstance(given[name], str)}
    return Goal(**given | days)


def write_goals(connection: Connection, *goals: Goal) -> None:
    """Store goals, and log that whose they are have changed."""
    replace_rows(connection, goal, [row_of(one) for one in goals])
    log_change(
        connection,
        user_group_record={one.group_id for one in goals if one.group_id is not None},
        user_record={one.user_id for one in goals if one.user_id is not None},
    )


async def store_goals(database: Database, *goals: Goal) -> None:
    await database.write(lambda connection: write_goals(connection, *goals))
