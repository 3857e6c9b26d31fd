"""Any number of goals takes at most three statements, whatever they count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from sqlalchemy import Connection, select

from gateway.calendar import DayRange
from gateway.db import Database, Snapshot
from gateway.db.number_rows import number_rows
from gateway.loaders.goal_states import GoalStates
from gateway.loaders.goals import ContributorsLoader, GrowthLoader
from gateway.loaders.reads import OperationReads
from gateway.period import Period
from gateway.stats.goals.evaluation import GoalState
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.subject import Kind, Selection
from tests.events_of import classification, comment, day, store

START, TODAY = day("2019-05-01"), day("2024-03-04")
GROUPS = range(1, 21)
FILTERS = ({}, {"project_ids": (11, 12)}, {"project_ids": (12,)}, {"workflow_ids": (101,)})
OF_GROUPS = tuple(one for one in GoalMetric if one is not GoalMetric.COMMENTS)


def goal(
    subject: int, metric: GoalMetric, repeats: Period | None = None, **narrowed: tuple[int, ...]
) -> GoalQuestion:
    kind = Kind.USER if metric is GoalMetric.COMMENTS else Kind.GROUP
    selection = Selection(days=DayRange(START, None), **narrowed)
    return GoalQuestion(kind, subject, metric, selection, (1, 2, 3), repeats)


async def states_in(snapshot: Snapshot, asked: Sequence[GoalQuestion]) -> list[GoalState]:
    reads = OperationReads(snapshot)
    return await GoalStates(reads, GrowthLoader(reads)).load_many(asked, TODAY)


async def fill(database: Database) -> None:
    await store(
        database,
        *(
            classification(n, at, user=n % 7, project=11 + n % 3, groups=tuple(GROUPS))
            for n, at in enumerate(("2019-06-01T12:00", "2021-07-09T12:00", "2022-01-31T12:00"), 1)
        ),
        comment(1, "2021-07-09T12:00", user=1),
    )


async def test_four_hundred_goals_take_as_many_statements_as_one(database: Database) -> None:
    await fill(database)
    asked = [
        goal(group, metric, **narrowed)
        for group, metric, narrowed in product(GROUPS, OF_GROUPS, FILTERS)
    ]
    asked += [goal(1, GoalMetric.COMMENTS), goal(2, GoalMetric.CLASSIFICATIONS, Period.WEEK)]
    asked += [one.of_user(1) for one in asked if one.kind is Kind.GROUP]
    for some in (asked[:1], asked):
        async with database.read() as snapshot:
            reads = OperationReads(snapshot)
            states = await GoalStates(reads, GrowthLoader(reads)).load_many(some, TODAY)
            assert snapshot.statements == 3
            assert states[0].reached_on == (
                day("2019-06-01"),
                day("2021-07-09"),
                day("2022-01-31"),
            )
            groups = [one for one in some if one.kind is Kind.GROUP]
            await ContributorsLoader(reads).load_many([one.contributors(10) for one in groups])
            assert snapshot.statements == 4


async def test_goals_of_different_filters_do_not_mix(database: Database) -> None:
    await fill(database)
    asked = [
        goal(group, GoalMetric.CLASSIFICATIONS, project_ids=ids)
        for group, ids in product((1, 2), ((), (11,), (12,), (12, 11), (11, 12, 13), (99,)))
    ]
    async with database.read() as snapshot:
        states = await states_in(snapshot, asked)
    assert [state.progress.value for state in states] == [0, 1, 1, 2, 3, 0] * 2


async def test_a_different_thing_counts_once_and_what_names_no_project_is_none(
    database: Database,
) -> None:
    events = [
        ("2024-02-27T09:00", 1, 11),
        ("2024-02-27T10:00", 1, 11),
        ("2024-02-28T10:00", 2, 0),
        ("2024-02-29T10:00", 2, 12),
        ("2024-02-29T11:00", 1, 12),
    ]
    await store(
        database,
        *(
            classification(n, at, user=user, project=project, session_ms=1_800_000, groups=(1,))
            for n, (at, user, project) in enumerate(events, 1)
        ),
    )
    async with database.read() as snapshot:
        states = await states_in(snapshot, [goal(1, one) for one in OF_GROUPS])
    first, second, third = (day(f"2024-02-{one}") for one in (27, 28, 29))
    found = {
        metric: (state.progress.value, state.reached_on)
        for metric, state in zip(OF_GROUPS, states, strict=True)
    }
    assert found == {
        GoalMetric.CLASSIFICATIONS: (5, (first, first, second)),
        # Thresholds of session time are milliseconds.
        GoalMetric.HOURS: (9_000_000, (first, first, first)),
        GoalMetric.CONTRIBUTORS: (2, (first, second, None)),
        GoalMetric.PROJECTS: (2, (first, third, None)),
        GoalMetric.ACTIVE_DAYS: (3, (first, second, third)),
    }


@pytest.mark.parametrize("given", [[], [(1, -(2**63))], [(7, 2**63 - 1), (8, 0), (7, 1)]])
async def test_numbers_are_rows(database: Database, given: list[tuple[int, int]]) -> None:
    def read(connection: Connection) -> list[tuple[int, ...]]:
        table = number_rows("given", ("a", "b"))
        return [tuple(row) for row in connection.execute(select(*table.c), {"given": given})]

    assert await database.write(read) == given
