"""Goal evaluation: status, progress and milestones, from the steps of growth."""

from __future__ import annotations

from enum import Enum
from itertools import islice
from typing import NamedTuple

from gateway.calendar import LAST_DAY, DayRange
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.pace import Pace, expected_on, pace_of
from gateway.stats.goals.pieces import bounds
from gateway.stats.goals.question import GoalQuestion, periods_back
from gateway.stats.goals.thresholds import reached, value_of, within

#: Days after its end on which a goal may still be expected to be reached.
_LATEST = 3653


class GoalStatus(Enum):
    """Status of a goal."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    REACHED = "reached"
    ENDED = "ended"


class Progress(NamedTuple):
    """Progress of a goal, in the units of its metric; days are day numbers.

    ``pace`` and ``expected_on`` are of sums that are neither reached nor ended. ``days_left``
    includes today, and is None without an end or after it.
    """

    value: int
    target: int
    reached_on: int | None
    pace: Pace | None = None
    days_left: int | None = None
    expected_on: int | None = None

    @property
    def remaining(self) -> int:
        """The missing amount; 0 once the target is reached."""
        return max(0, self.target - self.value)


class GoalState(NamedTuple):
    """State of a goal; its ``steps`` give the periods and the streak of one that repeats."""

    status: GoalStatus
    progress: Progress
    #: The day on which each threshold was reached, in their order.
    reached_on: tuple[int | None, ...]
    #: How it grew.
    steps: Steps


def evaluate(goal: GoalQuestion, steps: Steps, today: int) -> GoalState:
    """Compute the state of a goal today, from the steps of its :meth:`~GoalQuestion.growth`.

    Every threshold that was reached has been narrowed down to a day; the status and the value are
    right before that. For a goal that repeats, status and progress are those of the current period,
    or of the last one after the end.
    """
    first, last = bounds(goal.selection.days)
    days = DayRange(first, last)
    counted = steps
    for current in islice(periods_back(goal, today), 1):
        days, counted = current, within(steps, current)
    reached_on = tuple(reached(counted, goal.thresholds))
    so_far = Progress(value_of(counted), goal.target, reached_on[-1])
    progress = _progress(goal, steps, so_far, days, today)
    if today < first:
        status = GoalStatus.UPCOMING
    elif goal.repeats is not None and today > last:
        status = GoalStatus.ENDED
    elif reached_on[-1] is not None:
        status = GoalStatus.REACHED
    else:
        status = GoalStatus.ENDED if today > last else GoalStatus.RUNNING
    return GoalState(status, progress, reached_on, steps)


def _progress(
    goal: GoalQuestion, steps: Steps, so_far: Progress, days: DayRange, today: int
) -> Progress:
    """Progress in these days, with pace and expected day."""
    first, last = bounds(days)
    if today > last:
        return so_far
    is_open = goal.selection.days.end is None and goal.repeats is None
    if not is_open:
        so_far = so_far._replace(days_left=last - max(today, first) + 1)
    if so_far.reached_on is not None or today < first or not goal.metric.is_sum:
        return so_far
    # The pace is that of the last 14 days, even if a period began since then.
    pace = pace_of(steps, today)
    latest = LAST_DAY if is_open else last + _LATEST
    expected = expected_on(so_far.remaining, pace, today, latest)
    return so_far._replace(pace=pace, expected_on=expected)
