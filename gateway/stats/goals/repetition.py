"""The periods of goals that repeat, and how many of them were reached in a row."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from gateway.calendar import DayRange
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.pieces import bounds
from gateway.stats.goals.question import GoalQuestion, periods_back
from gateway.stats.goals.thresholds import reached, value_of, within


class PeriodProgress(NamedTuple):
    """How far a period of a goal that repeats is."""

    days: DayRange
    value: int
    reached_on: int | None

    @property
    def is_reached(self) -> bool:
        """Whether its target was reached."""
        return self.reached_on is not None


def last_periods(
    asked: GoalQuestion, steps: Steps, today: int, last: int | None = None
) -> tuple[PeriodProgress, ...]:
    """The last periods until the one of today, ascending and without gaps; None is all of them."""
    found = [_progress(asked, steps, days) for days in islice(periods_back(asked, today), last)]
    return tuple(reversed(found))


def streak(asked: GoalQuestion, steps: Steps, today: int) -> int:
    """How many periods up to now were reached in a row; the running one breaks nothing."""
    found = 0
    for days in periods_back(asked, today):
        if _progress(asked, steps, days).is_reached:
            found += 1
        elif bounds(days)[1] < today:
            break
    return found


def _progress(asked: GoalQuestion, steps: Steps, days: DayRange) -> PeriodProgress:
    counted = within(steps, days)
    return PeriodProgress(days, value_of(counted), reached(counted, (asked.target,))[0])
