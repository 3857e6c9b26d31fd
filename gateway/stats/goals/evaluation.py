"""Goals, evaluated: status, progress and milestones, from how they grew."""

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

#: How long after its end a goal may still be expected to be reached.
_LATEST = 3653


class GoalStatus(Enum):
    """How a goal stands."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    REACHED = "reached"
    ENDED = "ended"


class Progress(NamedTuple):
    """How far a goal is, in the units that are compared; days are day numbers.

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
        """What is missing; 0 once reached."""
        return max(0, self.target - self.value)


class GoalState(NamedTuple):
    """How a goal stands; periods and streak of one that repeats are counted from its ``steps``."""

    status: GoalStatus
    progress: Progress
    #: The day on which each threshold was reached, in their order.
    reached_on: tuple[int | None, ...]
    #: How it grew.
    steps: Steps


def evaluate(asked: GoalQuestion, steps: Steps, today: int) -> GoalState:
    """The state of a goal today, from how it grew by its :meth:`~GoalQuestion.growth`.

    Every threshold that was reached has been narrowed down to a day; the status and the value are
    right before that. Of a goal that repeats, status and progress are those of the current period,
    or of the last one after the end.
    """
    first, last = bounds(asked.selection.days)
    days = DayRange(first, last)
    counted = steps
    for current in islice(periods_back(asked, today), 1):
        days, counted = current, within(steps, current)
    reached_on = tuple(reached(counted, asked.thresholds))
    so_far = Progress(value_of(counted), asked.target, reached_on[-1])
    progress = _progress(asked, steps, so_far, days, today)
    if today < first:
        status = GoalStatus.UPCOMING
    elif asked.repeats is not None and today > last:
        status = GoalStatus.ENDED
    elif reached_on[-1] is not None:
        status = GoalStatus.REACHED
    else:
        status = GoalStatus.ENDED if today > last else GoalStatus.RUNNING
    return GoalState(status, progress, reached_on, steps)


def _progress(
    asked: GoalQuestion, steps: Steps, so_far: Progress, days: DayRange, today: int
) -> Progress:
    """The progress in these days, and where it leads to."""
    first, last = bounds(days)
    if today > last:
        return so_far
    is_open = asked.selection.days.end is None and asked.repeats is None
    if not is_open:
        so_far = so_far._replace(days_left=last - max(today, first) + 1)
    if so_far.reached_on is not None or today < first or not asked.metric.is_sum:
        return so_far
    # Also in a new period the last 14 days tell the pace.
    pace = pace_of(steps, today)
    latest = LAST_DAY if is_open else last + _LATEST
    expected = expected_on(so_far.remaining, pace, today, latest)
    return so_far._replace(pace=pace, expected_on=expected)
