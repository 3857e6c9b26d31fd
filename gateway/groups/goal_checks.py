"""Validation of goals: GOAL_INVALID, with the path to the wrong field."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.directory.goals import (
    LARGEST_TARGET,
    LONGEST,
    MOST_IDS,
    MOST_MILESTONES,
    MOST_PERIODS,
    REPEATS,
    Goal,
)
from gateway.errors import ExclusiveArguments
from gateway.groups.names import line_of
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.period import Period, count_periods
from gateway.stats.goals.metric import GoalMetric

#: Characters of a title.
LONGEST_TITLE = 120
#: Hours of one's own: six on each day of a week, or of a month of thirty days.
MOST_OWN_HOURS = {Period.WEEK: 42, Period.MONTH: 180}


def invalid(message: str, *path: str) -> GroupRefusal:
    """The refusal of an invalid goal."""
    return GroupRefusal(RefusalCode.GOAL_INVALID, message, *path)


def check_metric(goal: Goal) -> None:
    """METRIC_UNAVAILABLE for a metric that is not counted for groups, or for one volunteer."""
    if goal.group_id is not None and goal.metric is GoalMetric.COMMENTS:
        sentence = "Comments name no groups, so a group can have no goal of comments."
    elif goal.user_id is not None and goal.metric is GoalMetric.CONTRIBUTORS:
        sentence = "A goal of contributors is a group's: it counts different volunteers."
    else:
        return
    raise GroupRefusal(RefusalCode.METRIC_UNAVAILABLE, sentence, "metric")


def check_filters(
    metric: GoalMetric, project_ids: Sequence[int] | None, workflow_ids: Sequence[int] | None
) -> None:
    """Check what a goal is limited to: some projects, some workflows, or (None) nothing."""
    if project_ids is not None and workflow_ids is not None:
        raise ExclusiveArguments(
            "workflowIds", "projectIds and workflowIds exclude each other: send one of them."
        )
    for name, ids in (("projectIds", project_ids), ("workflowIds", workflow_ids)):
        if ids is not None and not 1 <= len(ids) <= MOST_IDS:
            raise invalid(
                f"{name} has {len(ids):,} ids: it must have 1 to {MOST_IDS}, "
                "or be left out where all count.",
                "within",
                name,
            )
    if workflow_ids is not None and metric is GoalMetric.COMMENTS:
        raise invalid("Comments belong to no workflow: name projects.", "within", "workflowIds")


def checked_title(title: str | None) -> str | None:
    """The title in NFC without spaces around it; None for none."""
    if title is None:
        return None
    if (line := line_of(title, LONGEST_TITLE)) is not None:
        return line
    raise invalid(
        f"A title has 1 to {LONGEST_TITLE} characters on one line, without control characters and "
        "characters that change the direction of text.",
        "title",
    )


def check_repeats(goal: Goal) -> None:
    """Check the period in which the target is to be reached anew."""
    if goal.repeats is not None and goal.repeats not in REPEATS.values():
        raise invalid(f"A goal repeats by {' or '.join(REPEATS)}, or not at all.", "repeats")


def check_target(goal: Goal) -> None:
    """Check the target by itself; one's own hours in a period have a limit."""
    if not 1 <= goal.target <= LARGEST_TARGET:
        raise invalid(f"The target must be from 1 to {LARGEST_TARGET:,}.", "target")
    if goal.repeats is None or goal.user_id is None or goal.metric is not GoalMetric.HOURS:
        return
    most = MOST_OWN_HOURS[goal.repeats]
    if goal.target > most:
        raise invalid(
            f"Your own target of hours in a {goal.repeats.value} must be at most {most}.", "target"
        )


def check_milestones(goal: Goal, *path: str) -> None:
    """Check that milestones ascend below the target.

    ``path`` is the field in the error; without it, the milestone.
    """
    if goal.milestones is None:
        return
    if not 1 <= len(goal.milestones) <= MOST_MILESTONES:
        raise invalid(
            f"A goal has 1 to {MOST_MILESTONES} milestones; leave them out for those at 25, 50 "
            "and 75 percent.",
            "milestones",
        )
    before = 0
    for index, value in enumerate(goal.milestones):
        if not before < value < goal.target:
            raise invalid(
                "Milestones must ascend, from 1 on, and be below the target.",
                *(path or ("milestones", str(index))),
            )
        before = value


def check_start(goal: Goal, today: int) -> None:
    """Check the first day against the day on which it is set."""
    if abs(goal.start_day - today) > LONGEST:
        raise invalid("A goal must start at most 10 years ago, or within 10 years.", "start")


def check_end(goal: Goal, today: int, path: str = "end") -> None:
    """Check the last day against the first; ``path`` is the field in the error."""
    first, last = goal.start_day, goal.end_day
    if last is not None and last < first:
        raise invalid("The end must not be before the start.", path)
    if last is not None and last - first > LONGEST:
        raise invalid("A goal must end within 10 years of its start.", path)
    if goal.repeats is None:
        return
    # Without an end, only the periods until today count.
    if count_periods(first, max(first, today) if last is None else last, goal.repeats) > (
        MOST_PERIODS
    ):
        raise invalid(
            f"A goal that repeats must have at most {MOST_PERIODS} periods, "
            f"that is, {goal.repeats.value}s with a day in it.",
            path,
        )
