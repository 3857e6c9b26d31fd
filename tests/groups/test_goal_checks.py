"""What a goal can be: each rule on both sides of its boundary, by the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from gateway.calendar import day_number
from gateway.errors import ExclusiveArguments
from gateway.groups.commands import CreateGoal, UpdateGoal
from gateway.groups.refusals import RefusalCode
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from tests.groups.people import ADA, MovingClock, Town
from tests.groups.test_goals import TODAY, new_goal, read_goal

INVALID = RefusalCode.GOAL_INVALID
LEAP = day_number(date(2024, 2, 29))


@dataclass
class Rule:
    """What is said, whether of a group or not, and what is to blame (None: nothing)."""

    said: dict[str, Any]
    path: tuple[str, ...] | None = None
    of_group: bool = True
    code: RefusalCode = INVALID


def ids(number: int) -> tuple[int, ...]:
    return tuple(range(1, number + 1))


HOURS = {"metric": GoalMetric.HOURS}
WEEKLY, MONTHLY = {"repeats": Period.WEEK}, {"repeats": Period.MONTH}
UNAVAILABLE = RefusalCode.METRIC_UNAVAILABLE
RULES = {
    "comments of a group": Rule({"metric": GoalMetric.COMMENTS}, ("metric",), code=UNAVAILABLE),
    "own comments": Rule({"metric": GoalMetric.COMMENTS}, of_group=False),
    "own comments in projects": Rule(
        {"metric": GoalMetric.COMMENTS, "project_ids": (1,)}, of_group=False
    ),
    "own comments in workflows": Rule(
        {"metric": GoalMetric.COMMENTS, "workflow_ids": (1,)},
        ("within", "workflowIds"),
        of_group=False,
    ),
    "own contributors": Rule(
        {"metric": GoalMetric.CONTRIBUTORS}, ("metric",), of_group=False, code=UNAVAILABLE
    ),
    "contributors of a group": Rule({"metric": GoalMetric.CONTRIBUTORS}),
    "projects": Rule({"metric": GoalMetric.PROJECTS, "project_ids": (1, 2)}),
    "active days": Rule({"metric": GoalMetric.ACTIVE_DAYS, "workflow_ids": (1,)}),
    "no projects": Rule({"project_ids": ()}, ("within", "projectIds")),
    "no workflows": Rule({"workflow_ids": ()}, ("within", "workflowIds")),
    "a hundred projects": Rule({"project_ids": ids(100)}),
    "a hundred and one projects": Rule({"project_ids": ids(101)}, ("within", "projectIds")),
    "a hundred workflows": Rule({"workflow_ids": ids(100)}),
    "ten thousand workflows": Rule({"workflow_ids": ids(10_000)}, ("within", "workflowIds")),
    "target 0": Rule({"target": 0}, ("target",)),
    "target 1": Rule({"target": 1}),
    "a billion": Rule({"target": 10**9}),
    "more than a billion": Rule({"target": 10**9 + 1}, ("target",)),
    "a target of no database": Rule({"target": 2**80}, ("target",)),
    "a negative target": Rule({"target": -(2**63)}, ("target",)),
    "own weekly hours": Rule({**HOURS, **WEEKLY, "target": 42}, of_group=False),
    "more own weekly hours": Rule({**HOURS, **WEEKLY, "target": 43}, ("target",), of_group=False),
    "own monthly hours": Rule({**HOURS, **MONTHLY, "target": 180}, of_group=False),
    "more own monthly hours": Rule(
        {**HOURS, **MONTHLY, "target": 181}, ("target",), of_group=False
    ),
    "own hours": Rule({**HOURS, "target": 181}, of_group=False),
    "weekly hours of a group": Rule({**HOURS, **WEEKLY, "target": 43}),
    "weekly classifications": Rule({**WEEKLY, "target": 43}, of_group=False),
    "a daily goal": Rule({"repeats": Period.DAY}, ("repeats",), of_group=False),
    "no title": Rule({"title": None}),
    "a title of one character": Rule({"title": "x"}),
    "a title of nothing": Rule({"title": ""}, ("title",)),
    "a title of spaces": Rule({"title": " \u00a0\u3000 "}, ("title",)),
    "a title of invisible things": Rule({"title": "\u200b\u200d"}, ("title",)),
    "the longest title": Rule({"title": f" {'é' * 120} "}),
    "the longest title, composed": Rule({"title": "e\u0301" * 120}),
    "too long a title": Rule({"title": "x" * 121}, ("title",)),
    "a very long title": Rule({"title": "x" * 1_000_000}, ("title",)),
    "a title of two lines": Rule({"title": "one\ntwo"}, ("title",)),
    "a title with a line separator": Rule({"title": "one\u2028two"}, ("title",)),
    "a title with NUL": Rule({"title": "one\0two"}, ("title",)),
    "a title with an escape": Rule({"title": "\x1b[31mred"}, ("title",)),
    "a title that turns text": Rule({"title": "abc\u202egpj"}, ("title",)),
    "a title with half a surrogate pair": Rule({"title": "abc\ud800"}, ("title",)),
    "a title of two directions": Rule({"title": "עש the moth"}),
    "a milestone": Rule({"target": 10, "milestones": (1,)}),
    "ten milestones": Rule({"target": 11, "milestones": ids(10)}),
    "eleven milestones": Rule({"target": 12, "milestones": ids(11)}, ("milestones",)),
    "no milestones": Rule({"milestones": ()}, ("milestones",)),
    "a milestone of 0": Rule({"milestones": (0, 1)}, ("milestones", "0")),
    "a negative milestone": Rule({"milestones": (-5,)}, ("milestones", "0")),
    "a milestone twice": Rule({"milestones": (5, 5)}, ("milestones", "1")),
    "milestones that descend": Rule({"milestones": (1, 9, 8)}, ("milestones", "2")),
    "a milestone at the target": Rule({"target": 9, "milestones": (5, 9)}, ("milestones", "1")),
    "a milestone below the target": Rule({"target": 9, "milestones": (5, 8)}),
    "no room for a milestone": Rule({"target": 1, "milestones": (1,)}, ("milestones", "0")),
    "ten years ago": Rule({"start_day": TODAY - 3_653}),
    "more than ten years ago": Rule({"start_day": TODAY - 3_654}, ("start",)),
    "in ten years": Rule({"start_day": TODAY + 3_653}),
    "in more than ten years": Rule({"start_day": TODAY + 3_654}, ("start",)),
    "the first day of all": Rule({"start_day": -719_162}, ("start",)),
    "one day": Rule({"end_day": TODAY}),
    "an end before the start": Rule({"end_day": TODAY - 1}, ("end",)),
    "an end in the past": Rule({"start_day": LEAP, "end_day": LEAP}),
    "ten years": Rule({"end_day": TODAY + 3_653}),
    "more than ten years": Rule({"end_day": TODAY + 3_654}, ("end",)),
    # The first of June of 2026 is a Monday.
    "520 weeks": Rule({**WEEKLY, "end_day": TODAY + 520 * 7 - 1}),
    "521 weeks": Rule({**WEEKLY, "end_day": TODAY + 520 * 7}, ("end",)),
    "120 months": Rule({**MONTHLY, "end_day": TODAY + 3_652}),
    "520 weeks until today": Rule({**WEEKLY, "start_day": TODAY - 519 * 7}),
    "521 weeks until today": Rule({**WEEKLY, "start_day": TODAY - 519 * 7 - 1}, ("end",)),
    "weeks without an end that have not begun": Rule({**WEEKLY, "start_day": TODAY + 3_653}),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
async def test_what_a_goal_can_be(town: Town, rule: Rule) -> None:
    group_id = await town.group(ADA) if rule.of_group else None
    said = {"metric": GoalMetric.CLASSIFICATIONS, "target": 10_000, **rule.said}
    if rule.path is None:
        assert await new_goal(town, ADA, group_id, **said)
        return

    refusal = await town.refused(rule.code, CreateGoal(group_id=group_id, **said), ADA)
    assert refusal.path == rule.path
    assert refusal.message.endswith(".")


async def test_projects_and_workflows_exclude_each_other(town: Town) -> None:
    with pytest.raises(ExclusiveArguments) as caught:
        await new_goal(town, ADA, project_ids=(1,), workflow_ids=())
    assert caught.value.argument == "workflowIds"


async def test_targets_milestones_and_ends_change_to_what_fits(town: Town) -> None:
    goal_id = await new_goal(
        town, ADA, target=100, milestones=(10, 90), start_day=TODAY - 50, end_day=TODAY
    )
    for path, said in (
        (("target",), {"target": 90}),
        (("target",), {"target": 10**9 + 1}),
        (("milestones", "1"), {"target": 91, "milestones": (10, 91)}),
        (("milestones", "0"), {"milestones": (100,)}),
        (("milestones",), {"milestones": ()}),
        (("end",), {"end_day": TODAY - 51}),
        (("end",), {"end_day": TODAY - 50 + 3_654}),
        (("title",), {"title": " "}),
        (("title",), {"title": "one\rtwo", "target": 0}),
    ):
        assert (await town.refused(INVALID, UpdateGoal(goal_id, **said), ADA)).path == path
    for said in (
        {"target": 91},
        {"target": 50, "milestones": (10, 49)},
        {"end_day": TODAY - 50},
        {"end_day": TODAY - 50 + 3_653},
        {"end_day": None, "milestones": None, "target": 1},
    ):
        assert (await town.run(UpdateGoal(goal_id, **said), ADA)).changed


async def test_own_hours_in_a_period_stay_within_their_limit(town: Town) -> None:
    goal_id = await new_goal(town, ADA, **HOURS, **WEEKLY, target=5)
    refusal = await town.refused(INVALID, UpdateGoal(goal_id, target=43), ADA)
    assert refusal.path == ("target",)
    assert (await town.run(UpdateGoal(goal_id, target=42), ADA)).changed


async def test_a_start_changes_until_the_goal_begins(town: Town, clock: MovingClock) -> None:
    goal_id = await new_goal(town, ADA, start_day=TODAY + 2, end_day=TODAY + 9)
    for day in (TODAY + 10, TODAY - 3_654):
        refusal = await town.refused(INVALID, UpdateGoal(goal_id, start_day=day), ADA)
        assert refusal.path == ("start",)
    refusal = await town.refused(
        INVALID, UpdateGoal(goal_id, start_day=TODAY + 3, end_day=TODAY + 2), ADA
    )
    assert refusal.path == ("end",)
    clock.jump(days=1)
    await town.run(UpdateGoal(goal_id, start_day=TODAY + 3), ADA)
    clock.jump(days=2)

    # Its first day has begun.
    refusal = await town.refused(INVALID, UpdateGoal(goal_id, start_day=TODAY + 4), ADA)
    assert refusal.path == ("start",)
    assert not (await town.run(UpdateGoal(goal_id, start_day=TODAY + 3), ADA)).changed
    assert (await read_goal(town, goal_id)).start_day == TODAY + 3


async def test_an_old_goal_still_gets_another_title(town: Town, clock: MovingClock) -> None:
    goal_id = await new_goal(town, ADA, start_day=TODAY - 519 * 7, **WEEKLY)
    clock.jump(days=400)
    assert (await town.run(UpdateGoal(goal_id, title="Still", target=9), ADA)).changed
