"""Answers are looked up: how long they take follows the answer, not the history."""

import re

import pytest
from sqlalchemy import Connection, text

from gateway.calendar import DayRange, Grain
from gateway.changes.log import CURRENT_POSITION
from gateway.db import Database
from gateway.db.compiled import runs_of
from gateway.stats.active_users import active_users
from gateway.stats.last_days import last_days, member_last_days
from gateway.stats.ranking import Order, ranking
from gateway.stats.rows import parameters
from gateway.stats.subject import Activity, Kind, Question, Selection
from gateway.stats.sums import member_sums, sums
from tests.events_of import day
from tests.query_plans import plan

ALWAYS = Selection()
SPAN = Selection(days=DayRange(day("2021-11-29"), day("2024-02-02")))
COMMENTS = Selection(Activity.COMMENTS)
QUESTIONS = [
    Question(kind, selection)
    for kind in Kind
    for selection in (ALWAYS, SPAN, COMMENTS)
    if (kind, selection) not in {(Kind.GROUP, COMMENTS), (Kind.WORKFLOW, COMMENTS)}
]
GROUP = Question(Kind.GROUP, SPAN)
STATEMENTS = {
    "active users": (GROUP, active_users(GROUP)),
    "ranking": (GROUP, ranking(GROUP, after=False)),
    "page of a ranking": (GROUP, ranking(GROUP, after=True)),
    "page by id": (GROUP, ranking(GROUP, after=True, order=Order.ID)),
    "members": (GROUP, member_sums(GROUP)),
    "last days of members": (GROUP, member_last_days(GROUP)),
} | {
    f"{what} of a {question.kind.name.lower()}, {question.selection.activity.value} "
    f"{'in a span' if question.selection is SPAN else 'always'}": (question, statement)
    for question in QUESTIONS
    for what, statement in (
        ("sums", sums(question)),
        ("buckets", sums(question, ("bucket",), Grain.MONTH)),
    )
}


async def test_no_rollup_is_read_whole(database: Database) -> None:
    def read_whole(connection: Connection) -> dict[str, str]:
        further = {"users": [1, 2], "limit": 10, "after_n": 5, "after_user_id": 1}
        plans = {
            name: plan(connection, statement, parameters(question, [1]) | further)
            for name, (question, statement) in STATEMENTS.items()
        }
        assert all("rollup" in steps for steps in plans.values())
        scan = re.compile(r"SCAN \w+_rollup|Seq Scan on \w+_rollup")
        return {name: steps for name, steps in plans.items() if scan.search(steps)}

    assert await database.write(read_whole) == {}


@pytest.mark.parametrize(("kind", "table"), [(Kind.USER, "user"), (Kind.GROUP, "group_project")])
async def test_last_days_are_looked_up_in_their_own_index(
    database: Database, kind: Kind, table: str
) -> None:
    question = Question(kind, SPAN)
    bound = parameters(question, [1], Grain.DAY)
    steps = await database.write(lambda connection: plan(connection, last_days(question), bound))
    assert f"ix_{table}_rollup_last_day" in steps


async def test_no_rollup_is_read_whole_when_statements_are_united(database: Database) -> None:
    further = {"users": [1, 2], "limit": 10, "after_n": 5, "after_user_id": 1}
    requests = [(CURRENT_POSITION, {})] + [
        (statement, parameters(question, [1]) | further)
        for question, statement in STATEMENTS.values()
    ]

    def read_whole(connection: Connection) -> list[str]:
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":
            explain = "EXPLAIN (COSTS OFF) "
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        scan = re.compile(r"SCAN \w+_rollup|SCAN change_log|Seq Scan on ")
        runs = runs_of(requests, frozenset(), connection.dialect)
        assert len(runs) == 2
        steps = [
            str(row[-1])
            for run in runs
            for row in connection.exec_driver_sql(explain + run.text, tuple(run.arguments))
        ]
        assert sum("rollup" in step for step in steps) > len(STATEMENTS)
        return [step for step in steps if scan.search(step)]

    assert await database.write(read_whole) == []
