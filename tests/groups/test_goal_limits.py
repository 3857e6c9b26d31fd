"""Limits of goals, each on both sides of its boundary."""

from __future__ import annotations

import pytest

from gateway.db import Database
from gateway.db.goal_tables import goal, own_goal_change
from gateway.groups import goal_limits
from gateway.groups.commands import ArchiveGoal, CreateGoal, DeleteGoal, UpdateGoal
from gateway.groups.refusals import RefusalCode
from gateway.groups.transaction import Limits
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import ADA, BEN, MovingClock, Town
from tests.groups.test_goals import new_goal

REACHED = RefusalCode.LIMIT_REACHED


def one_more(group_id: int | None) -> CreateGoal:
    return CreateGoal(GoalMetric.CLASSIFICATIONS, 5, group_id)


@pytest.mark.parametrize(("of_group", "most"), [(True, 20), (False, 10)])
async def test_goals_that_are_not_archived(town: Town, of_group: bool, most: int) -> None:
    group_id = await town.group(ADA) if of_group else None
    path = ("groupId",) if of_group else ()
    first, *_ = [await new_goal(town, ADA, group_id) for _ in range(most)]

    assert (await town.refused(REACHED, one_more(group_id), ADA)).path == path
    await town.run(ArchiveGoal(first), ADA)
    last = await new_goal(town, ADA, group_id)
    refusal = await town.refused(REACHED, ArchiveGoal(first, archived=False), ADA)
    assert refusal.path == ("archived",)
    # Others have their own.
    assert await new_goal(town, BEN)
    await town.run(DeleteGoal(last), ADA)
    assert (await town.run(ArchiveGoal(first, archived=False), ADA)).changed


@pytest.mark.parametrize("of_group", [True, False])
async def test_a_hundred_goals_in_all(town: Town, of_group: bool) -> None:
    group_id = await town.group(ADA) if of_group else None
    for _ in range(100):
        last = await new_goal(town, ADA, group_id)
        await town.run(ArchiveGoal(last), ADA)

    refusal = await town.refused(REACHED, one_more(group_id), ADA)
    assert refusal.path == (("groupId",) if of_group else ())
    await town.run(DeleteGoal(last), ADA)
    assert await new_goal(town, ADA, group_id)
    assert len(await town.rows(goal)) == 100


async def test_changes_of_goals_of_groups_are_changes_of_groups(
    database: Database, clock: MovingClock
) -> None:
    town = await Town(database, limits=Limits(group_changes_per_day=3)).settle()
    group_id = await town.group(ADA)
    goal_id = await new_goal(town, ADA, group_id)
    await town.run(UpdateGoal(goal_id, title="Moths"), ADA)

    for command in (UpdateGoal(goal_id, target=7), ArchiveGoal(goal_id), one_more(group_id)):
        await town.refused(REACHED, command, ADA)
    # To delete is always possible, and own goals are none of a group.
    assert await new_goal(town, ADA)
    await town.run(DeleteGoal(goal_id), ADA)
    clock.jump(days=1)
    assert await new_goal(town, ADA, group_id)


async def test_changes_of_own_goals_within_a_day(
    town: Town, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who creates and deletes for ever would keep all others from writing."""
    monkeypatch.setattr(goal_limits, "MOST_OWN_CHANGES", 5)
    group_id = await town.group(ADA)
    for _ in range(3):
        goal_id = await new_goal(town, ADA)
        await town.run(DeleteGoal(goal_id), ADA)
    goal_id = await new_goal(town, ADA)
    await town.run(ArchiveGoal(goal_id), ADA)

    for command in (
        one_more(None),
        UpdateGoal(goal_id, title="Mine"),
        ArchiveGoal(goal_id, archived=False),
    ):
        await town.refused(REACHED, command, ADA)
    # What changes nothing is none; others, and goals of groups, have their own day.
    assert not (await town.run(ArchiveGoal(goal_id), ADA)).changed
    assert await new_goal(town, BEN)
    assert await new_goal(town, ADA, group_id)
    clock.jump(days=1)
    assert (await town.run(UpdateGoal(goal_id, title="Mine"), ADA)).changed
    rows = await town.rows(own_goal_change)
    # Ben's day is over as well.
    assert [(row["user_id"], row["number"]) for row in rows] == [(ADA.id, 1)]


async def test_a_clock_that_was_ahead_does_not_count_for_ever(
    town: Town, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goal_limits, "MOST_OWN_CHANGES", 1)
    clock.jump(days=3_000)
    await new_goal(town, ADA)
    clock.jump(days=-3_000)
    await new_goal(town, ADA)
    await town.refused(REACHED, one_more(None), ADA)
