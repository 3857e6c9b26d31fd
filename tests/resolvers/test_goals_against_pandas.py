"""What people see of goals is what pandas counts over the ledger, whatever happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.calendar import day_date
from gateway.db import Database, open_database
from gateway.directory.goals import Goal
from gateway.directory.load import load_directory
from gateway.events.event import Classification, Comment
from gateway.loaders.operation import Operation
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from resolvers.schema import graphql_schema
from tests.asking import ADMIN
from tests.events_of import day, store
from tests.executing import compared
from tests.goals_of import made_goal, store_goals
from tests.recount import stored
from tests.sampled import examples
from tests.stats.goals.pandas_goals import expected_contributors, expected_goal, frame_of
from tests.stats.goals.test_goals_against_pandas import EDGES, EVENTS, TODAY
from tests.stats.test_questions import BACKFILLED, fill

GROUPS, USERS = (501, 502, 504), (1, 2, 3)
DIRECTORY = {
    "user_groups": [{"id": one, "name": f"group-{one}"} for one in GROUPS],
    "users": [{"id": one, "login": f"user-{one}"} for one in USERS],
}
_FILTERS = st.sampled_from(
    [
        {},
        {},
        {"project_ids": (11, 12)},
        {"project_ids": (12,)},
        {"project_ids": (99,)},
        {"workflow_ids": (99, 101)},
        {"workflow_ids": (102,)},
    ]
)
_STARTS = st.one_of(st.sampled_from(EDGES), st.integers(day("2018-06-01"), day("2025-06-01")))
_DOCUMENT = """query ($groups: [ID!]!, $users: [ID!]!) {
    groups: userGroupsByIds(ids: $groups) { id goals(includeArchived: true) { ...G } }
    users: usersByIds(ids: $users) { id goals(includeArchived: true) { ...G } }
}
fragment G on Goal {
    id status streak
    progress { value share remaining reachedOn daysLeft perDay neededPerDay expectedOn }
    milestones { value share reachedOn }
    periods(last: 520) { start end value share reached reachedOn }
    contributors(first: 2) { user { id } count timeSpent }
    viewerContribution { value share reachedOn }
}"""
_VARIABLES = {"groups": [*map(str, GROUPS)], "users": [*map(str, USERS)]}


@st.composite
def goals(draw: st.DrawFn, number: int) -> Goal:
    """Any goal that people can set, and some that have become old."""
    is_own = draw(st.booleans())
    left_out = GoalMetric.CONTRIBUTORS if is_own else GoalMetric.COMMENTS
    metric = draw(st.sampled_from([one for one in GoalMetric if one is not left_out]))
    narrowed: dict[str, Any] = draw(_FILTERS)
    if metric is GoalMetric.COMMENTS and "workflow_ids" in narrowed:
        narrowed = {}
    repeats = draw(st.sampled_from([None, None, Period.WEEK, Period.MONTH]))
    start = draw(_STARTS)
    length = draw(st.one_of(st.none(), st.integers(0, 60), st.integers(0, 3653)))
    target = draw(st.integers(1, 12))
    below = st.lists(st.integers(1, max(target - 1, 1)), min_size=1, max_size=10, unique=True)
    milestones = draw(st.one_of(st.none(), below)) if target > 1 else None
    owner = draw(st.sampled_from(USERS if is_own else GROUPS))
    return made_goal(
        number,
        user=owner if is_own else None,
        group=None if is_own else owner,
        metric=metric,
        target=target,
        start_day=start,
        end_day=None if length is None else start + length,
        repeats=repeats,
        milestones=None if milestones is None else tuple(sorted(milestones)),
        archived=draw(st.booleans()),
        **narrowed,
    )


def shown(number: int | None) -> str | None:
    return None if number is None else day_date(number).isoformat()


def expected(frame: Any, goal: Goal, today: int) -> dict[str, Any]:
    """What operations have to show of a goal, from what pandas counts."""
    question, unit, target = goal.question, goal.metric.unit, goal.target
    counted = expected_goal(frame, question, today)
    value, left = counted["value"], counted["days_left"]
    remaining = max(0, target * unit - value)
    pace = counted["pace"]
    found: dict[str, Any] = {
        "id": str(goal.id),
        "status": counted["status"].upper(),
        "streak": counted["streak"],
        "progress": {
            "value": value / unit,
            "share": value / (target * unit),
            "remaining": remaining / unit,
            "reachedOn": shown(counted["reached_on"][-1]),
            "daysLeft": left,
            "perDay": pace and pace[0] / (pace[1] * unit),
            "neededPerDay": None if left is None else remaining / (left * unit),
            "expectedOn": shown(counted["expected_on"]),
        },
        "milestones": [
            {"value": one, "share": one / target, "reachedOn": shown(reached)}
            for one, reached in zip(goal.values, counted["reached_on"], strict=True)
        ],
        "periods": [
            {
                "start": shown(first),
                "end": shown(last),
                "value": amount / unit,
                "share": amount / (target * unit),
                "reached": amount >= target * unit,
                "reachedOn": shown(reached),
            }
            for first, last, amount, reached in counted["periods"]
        ],
        "contributors": None,
    }
    own = question
    if goal.group_id is not None:
        own = question.of_user(ADMIN.id or 0)
        found["contributors"] = [
            {"user": {"id": str(user)}, "count": n, "timeSpent": ms / 1000}
            for user, n, ms in expected_contributors(frame, question)[:2]
        ]
    elif goal.user_id != ADMIN.id:
        return found | {"viewerContribution": None}
    counted = expected_goal(frame, own, today)
    found["viewerContribution"] = {
        "value": counted["value"] / unit,
        "share": counted["value"] / (target * unit),
        "reachedOn": shown(counted["reached_on"][-1]),
    }
    return found


def check_shape(goal: dict[str, Any]) -> None:
    """``reachedOn`` never decreases with the threshold, and no threshold is skipped."""
    values = [one["value"] for one in goal["milestones"]]
    assert values == sorted(set(values))
    days = [one["reachedOn"] for one in goal["milestones"]]
    known = [one for one in days if one is not None]
    assert known == sorted(known)
    assert days == known + [None] * (len(days) - len(known))
    assert goal["milestones"][-1]["reachedOn"] == goal["progress"]["reachedOn"]
    assert (goal["progress"]["share"] >= 1) == (goal["progress"]["reachedOn"] is not None)


async def answered(database: Database, today: int) -> list[dict[str, Any]]:
    now = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=today)
    async with Operation(database, ADMIN, now) as ours, Operation(database, ADMIN, now) as theirs:
        result = await compared(graphql_schema, _DOCUMENT, _VARIABLES, ours, theirs)
    assert not result.errors
    assert result.data is not None
    found = [one for lists in result.data.values() for subject in lists for one in subject["goals"]]
    return sorted(found, key=lambda one: int(one["id"]))


def test_goals_show_what_pandas_counts(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        async def check(
            arrived: Sequence[Classification | Comment],
            later: Sequence[Classification | Comment],
            agreed: Sequence[Goal],
            today: int,
        ) -> None:
            await fill(database, arrived)
            await database.write(lambda connection: load_directory(connection, DIRECTORY))
            await store_goals(database, *agreed)
            # Events that come later change, or lie before, what was there.
            for events in ((), later):
                await store(database, *events)
                frame = frame_of((await stored(database)).events.values(), BACKFILLED)
                found = await answered(database, today)
                assert len(found) == len(agreed)
                for one, goal in zip(found, agreed, strict=True):
                    check_shape(one)
                    assert one == expected(frame, goal, today), goal

        @settings(max_examples=examples(25), deadline=None, suppress_health_check=[*HealthCheck])
        @given(
            EVENTS,
            EVENTS,
            st.integers(4, 12).flatmap(
                lambda many: st.tuples(*(goals(number) for number in range(1, many + 1)))
            ),
            TODAY,
        )
        def run(
            arrived: Sequence[Classification | Comment],
            later: Sequence[Classification | Comment],
            agreed: Sequence[Goal],
            today: int,
        ) -> None:
            runner.run(check(arrived, later, agreed, today))

        run()
        runner.run(database.close())
