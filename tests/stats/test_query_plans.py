"""Answers are looked up: how long they take follows the answer, not the history."""

import re
from datetime import date

import pytest
from sqlalchemy import Connection, text

from gateway.calendar import DayRange, Grain, Piece, day_date
from gateway.changes.log import CURRENT_POSITION
from gateway.db import Database
from gateway.db.compiled import runs_of
from gateway.db.rollup_sets import GROUP as GROUP_ROWS
from gateway.db.rollup_sets import PROJECT, USER
from gateway.loaders.goals import GrowthLoader, load_milestones
from gateway.loaders.reads import OperationReads
from gateway.period import Period
from gateway.stats.active_users import active_users, active_users_by_period, period_parameters
from gateway.stats.day_spans import day_spans
from gateway.stats.goals.growth import Growth, growth, growth_parameters
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.last_days import last_days, member_last_days
from gateway.stats.new_users import new_users, new_users_parameters
from gateway.stats.ranking import Order, ranking
from gateway.stats.rows import parameters
from gateway.stats.streaks import active_periods
from gateway.stats.subject import Activity, Kind, Question, Selection
from gateway.stats.sums import member_sums, sums
from gateway.stats.unusual_days import unusual_days, unusual_users
from tests.events_of import classification, day, store
from tests.query_plans import plan, rows_read

EPOCH = date(1970, 1, 1).toordinal()
ALWAYS = Selection()
YEARS, DAYS = Piece(Grain.YEAR, 0, 18_000), Piece(Grain.DAY, 18_001, 19_000)
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
    "page by time": (GROUP, ranking(GROUP, after=True, order=Order.TIME)),
    "page by id": (GROUP, ranking(GROUP, after=True, order=Order.ID)),
    "members": (GROUP, member_sums(GROUP)),
    "members by workflow": (GROUP, member_sums(GROUP, "workflow_id")),
    "members by month": (GROUP, member_sums(GROUP, "bucket", Grain.MONTH)),
    "last days of members by workflow": (GROUP, member_last_days(GROUP, "workflow_id")),
    "workflows": (GROUP, sums(GROUP, ("workflow_id",))),
    "last days by workflow": (GROUP, last_days(GROUP, "workflow_id")),
    "last days of members": (GROUP, member_last_days(GROUP)),
} | {
    f"{what} of a {question.kind.name.lower()}, {question.selection.activity.value} "
    f"{'in a span' if question.selection is SPAN else 'always'}": (question, statement)
    for question in QUESTIONS
    for what, statement in (
        ("sums", sums(question)),
        ("buckets", sums(question, ("bucket",), Grain.MONTH)),
        ("weeks with events", active_periods(question, Period.WEEK)),
        ("first and last day", day_spans(question)),
    )
}
NARROWED = [
    Question(kind, Selection(activity, SPAN.days, **{f"{narrowed}_ids": (1, 2)}))
    for kind, activity, narrowed in (
        (Kind.SITE, Activity.CLASSIFICATIONS, "project"),
        (Kind.SITE, Activity.CLASSIFICATIONS, "workflow"),
        (Kind.SITE, Activity.COMMENTS, "project"),
        (Kind.SITE, Activity.COMMENTS, "user"),
        (Kind.PROJECT, Activity.CLASSIFICATIONS, "workflow"),
        (Kind.PROJECT, Activity.COMMENTS, "user"),
        (Kind.USER, Activity.CLASSIFICATIONS, "project"),
        (Kind.USER, Activity.COMMENTS, "project"),
        (Kind.GROUP, Activity.CLASSIFICATIONS, "workflow"),
    )
]
STATEMENTS |= {
    f"first and last day of {question}": (question, day_spans(question)) for question in NARROWED
}

#: Of whole subjects and of parts of them, of ranges that rows know and that they do not.
VOLUNTEERS = {
    f"{kind.name.lower()} {name}": Question(kind, selection)
    for kind in (Kind.SITE, Kind.PROJECT, Kind.WORKFLOW, Kind.GROUP)
    for name, selection in {
        "always": ALWAYS,
        "in a span": SPAN,
        "of projects": Selection(project_ids=(11, 12)),
        "of workflows": SPAN._replace(workflow_ids=(101, 102)),
    }.items()
}
VOLUNTEER_STATEMENTS = (
    {
        f"active users, {name}": (active_users(question), parameters(question, [1]))
        for name, question in VOLUNTEERS.items()
    }
    | {
        f"active users by {period.value}, {name}": (
            active_users_by_period(question, period),
            period_parameters(question, period, [1]),
        )
        for name, question in VOLUNTEERS.items()
        for period in Period
    }
    | {
        f"new users, {name}": (
            new_users(question, Grain.MONTH),
            new_users_parameters(question, [1], Grain.MONTH),
        )
        for name, question in VOLUNTEERS.items()
        if question.kind is Kind.PROJECT
    }
)


_THRESHOLDS = {"most_n": 100, "most_ms": 100, "limit": 10}
VOLUNTEER_STATEMENTS |= {
    f"{name} of {asked_name}": (statement, bound | _THRESHOLDS | after)
    for asked_name, question in VOLUNTEERS.items()
    for name, statement, bound in (
        ("a ranking", ranking(question, after=False), parameters(question, [1])),
        (
            "a page by time",
            ranking(question, after=True, order=Order.TIME),
            parameters(question, [1]),
        ),
        ("unusual days", unusual_days(question), parameters(question, [1], Grain.DAY)),
        ("unusual users", unusual_users(question), parameters(question, [1], Grain.DAY)),
    )
    for after in ({"after_amount": 5, "after_user_id": 1},)
}


#: Sums and different things of each kind, of all and of parts.
GROWTHS = [
    Growth(kind, 1, metric, Selection(metric.activity, **narrowed), (YEARS, DAYS))
    for kind, metric in (
        *((Kind.GROUP, one) for one in GoalMetric if one is not GoalMetric.COMMENTS),
        *((Kind.USER, one) for one in GoalMetric if one is not GoalMetric.CONTRIBUTORS),
        (Kind.PROJECT, GoalMetric.CLASSIFICATIONS),
    )
    for narrowed in ({}, {"project_ids": (1, 2)}, {"workflow_ids": (1, 2)}, {"user_ids": (1,)})
    if metric is not GoalMetric.COMMENTS or "workflow_ids" not in narrowed
    if kind is Kind.GROUP or "user_ids" not in narrowed
    if kind is not Kind.PROJECT or not narrowed
]


async def test_how_goals_grew_is_looked_up(database: Database) -> None:
    def read_whole(connection: Connection) -> dict[Growth, str]:
        plans = {
            one: plan(connection, growth(one.rows_of), growth_parameters([one])) for one in GROWTHS
        }
        assert all("rollup" in steps for steps in plans.values())
        scan = re.compile(r"SCAN \w+_rollup|Seq Scan on \w+_rollup")
        return {one: steps for one, steps in plans.items() if scan.search(steps)}

    assert await database.write(read_whole) == {}


@pytest.mark.parametrize("kind", [Kind.PROJECT, Kind.USER, Kind.GROUP])
async def test_milestones_read_few_rows_of_a_long_history(database: Database, kind: Kind) -> None:
    first = day("2014-01-01")
    days = [f"{day_date(first + 2 * one).isoformat()}T12:00" for one in range(1_800)]
    await store(database, *(classification(n, at, groups=(501,)) for n, at in enumerate(days, 1)))
    rollup, subject = {
        Kind.PROJECT: (PROJECT, 11),
        Kind.USER: (USER, 1),
        Kind.GROUP: (GROUP_ROWS, 501),
    }[kind]
    # Enough for PostgreSQL to look rows up.
    nothing = dict.fromkeys([*rollup.keys, *rollup.measures], 0)
    others = [
        {**nothing, rollup.entity: 10_000 + one, "grain": int(Grain.DAY), "bucket": first + n}
        for one in range(30)
        for n in range(1_000)
    ]

    def fill(connection: Connection) -> None:
        connection.execute(rollup.table.insert(), others)
        connection.execute(text("ANALYZE"))

    await database.write(fill)
    today = first + 3_600

    async with database.read() as snapshot:
        loader = GrowthLoader(OperationReads(snapshot))
        ((reached, _),) = await load_milestones(loader, kind, [subject], today)
        asked = [*loader.values]
    assert len(asked) == 3
    # As it would be without years and months.
    asked.append(asked[0]._replace(pieces=(Piece(Grain.DAY, 0, today),)))
    assert [*reached] == [(n, first + 2 * (n - 1)) for n in (1, 10, 100, 1_000)]
    read = await database.write(
        lambda connection: [
            rows_read(connection, growth(one.rows_of), growth_parameters([one])) for one in asked
        ]
    )
    *narrowing, whole = read
    assert max(narrowing) * 5 < whole


async def test_volunteers_are_looked_up(database: Database) -> None:
    def read_whole(connection: Connection) -> dict[str, str]:
        plans = {
            name: plan(connection, statement, bound)
            for name, (statement, bound) in VOLUNTEER_STATEMENTS.items()
        }
        scan = re.compile(r"SCAN \w+_rollup|Seq Scan on \w+_rollup")
        return {name: steps for name, steps in plans.items() if scan.search(steps)}

    assert await database.write(read_whole) == {}


async def test_volunteers_of_a_range_are_looked_up_in_their_own_index(
    database: Database,
) -> None:
    # Enough for PostgreSQL to tell indexes apart.
    first = day("2023-01-01")
    await store(
        database,
        *(
            classification(
                n, day_date(first + n % 300).isoformat(), user=1 + n % 90, project=n % 30
            )
            for n in range(3_000)
        ),
    )

    weeks = DayRange(day("2023-05-03"), day("2023-06-20"))

    def elsewhere(connection: Connection) -> dict[str, str]:
        connection.execute(text("ANALYZE"))
        plans = {}
        for name, asked in VOLUNTEERS.items():
            # Of parts, PostgreSQL reads all of so small a table.
            if asked.kind is not Kind.GROUP and asked.selection is SPAN:
                question = asked._replace(selection=asked.selection._replace(days=weeks))
                statement = active_users_by_period(question, Period.WEEK)
                bound = period_parameters(question, Period.WEEK, [1])
                plans[name] = plan(connection, statement, bound)
                bound = parameters(question, [1], Grain.DAY) | _THRESHOLDS | {"after_user_id": 0}
                plans[f"{name}, unusual"] = plan(connection, unusual_days(question), bound)
                statement = ranking(question, after=False)
                bound = parameters(question, [1]) | _THRESHOLDS
                plans[f"{name}, ranked"] = plan(connection, statement, bound)
        return {
            name: steps
            for name, steps in plans.items()
            if "ix_user_rollup_volunteers" not in steps or "ix_user_rollup_last_day" in steps
        }

    assert await database.write(elsewhere) == {}


async def test_no_rollup_is_read_whole(database: Database) -> None:
    def read_whole(connection: Connection) -> dict[str, str]:
        further = {"users": [1, 2], "limit": 10, "after_amount": 5, "after_user_id": 1}
        plans = {
            name: plan(connection, statement, parameters(question, [1]) | further)
            for name, (question, statement) in STATEMENTS.items()
        }
        assert all("rollup" in steps for steps in plans.values())
        scan = re.compile(r"SCAN \w+_rollup|Seq Scan on \w+_rollup")
        return {name: steps for name, steps in plans.items() if scan.search(steps)}

    assert await database.write(read_whole) == {}


async def test_comments_of_a_volunteer_by_project_are_looked_up_in_their_own_index(
    database: Database,
) -> None:
    def step(connection: Connection) -> str:
        question = Question(Kind.USER, SPAN._replace(activity=Activity.COMMENTS))
        return plan(connection, sums(question, ("project_id",)), parameters(question, [1]))

    steps = await database.write(step)
    assert "ix_project_comment_rollup_volunteers" in steps
    assert not re.search(r"SCAN \w+_rollup|Seq Scan on \w+_rollup", steps)


@pytest.mark.parametrize(("kind", "table"), [(Kind.USER, "user"), (Kind.GROUP, "group_project")])
async def test_last_days_are_looked_up_in_their_own_index(
    database: Database, kind: Kind, table: str
) -> None:
    question = Question(kind, SPAN)
    bound = parameters(question, [1], Grain.DAY)
    steps = await database.write(lambda connection: plan(connection, last_days(question), bound))
    assert f"ix_{table}_rollup_last_day" in steps


async def test_no_rollup_is_read_whole_when_statements_are_united(database: Database) -> None:
    further = {"users": [1, 2], "limit": 10, "after_amount": 5, "after_user_id": 1}
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
        assert len(runs) == -(-len(requests) // 80)
        steps = [
            str(row[-1])
            for run in runs
            for row in connection.exec_driver_sql(explain + run.text, tuple(run.arguments))
        ]
        assert sum("rollup" in step for step in steps) > len(STATEMENTS)
        return [step for step in steps if scan.search(step)]

    assert await database.write(read_whole) == []


@pytest.mark.parametrize("kind", [Kind.SITE, Kind.PROJECT, Kind.USER, Kind.GROUP])
async def test_the_first_and_the_last_day_read_the_ends_of_a_long_history(
    database: Database, kind: Kind
) -> None:
    first = day("2021-01-01")
    days = [f"{date.fromordinal(first + one + EPOCH)}T12:00" for one in range(400)]
    await store(database, *(classification(n, at, groups=(501,)) for n, at in enumerate(days, 1)))
    await database.write(lambda connection: connection.execute(text("ANALYZE")))
    question = Question(kind, Selection(days=DayRange(first + 10, first + 390)))
    subject = {Kind.SITE: 0, Kind.PROJECT: 11, Kind.USER: 1, Kind.GROUP: 501}[kind]
    bound = parameters(question, [subject], Grain.DAY)
    statement = day_spans(question)
    found = await database.write(lambda c: [tuple(row) for row in c.execute(statement, bound)])
    assert found == [(subject, first + 10, first + 390)]
    assert await database.write(lambda c: rows_read(c, statement, bound)) < 40
