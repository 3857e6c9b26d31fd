"""Repeating goals: the progress of their periods, and the streak of reached ones."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from gateway.calendar import DayRange
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.pieces import bounds
from gateway.stats.goals.question import GoalQuestion, periods_back
from gateway.stats.goals.thresholds import reached, value_of, within


class PeriodProgress(NamedTuple):
    """Progress of one period of a goal that repeats."""

    days: DayRange
    value: int
    reached_on: int | None

    @property
    def is_reached(self) -> bool:
        """Whether its target was reached."""
        return self.reached_on is not None


def last_periods(
    goal: GoalQuestion, steps: Steps, today: int, last: int | None = None
) -> tuple[PeriodProgress, ...]:
    """The last periods until the one of today, ascending and without gaps; None is all of them."""
    found = [_progress(goal, steps, days) for days in islice(periods_back(goal, today), last)]
    return tuple(reversed(found))


def streak(goal: GoalQuestion, steps: Steps, today: int) -> int:
    """Count the periods reached in a row up to now; the running period breaks no streak."""
    found = 0
    for days in periods_back(goal, today):
        if _progress(goal, steps, days).is_reached:
            found += 1
        elif bounds(days)[1] < today:
            break
    return found


def _progress(goal: GoalQuestion, steps: Steps, days: DayRange) -> PeriodProgress:
    counted = within(steps, days)
    return PeriodProgress(days, value_of(counted), reached(counted, (goal.target,))[0])
