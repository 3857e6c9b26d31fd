"""Thresholds above which a day of a volunteer is out of the ordinary."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.calendar import FIRST_DAY, DayRange
from gateway.errors import InvalidArgument, OutOfBounds
from gateway.loaders.unusual_volunteers import UnusualQuestion
from gateway.stats.subject import Question

#: All day rows of the volunteers in the range are read, so that it has to have an end.
MOST_DAYS = 366
#: More than anything that is counted.
_MOST = 2**63 - 1
_MS_AN_HOUR = 3_600_000

PerDayArgument = Annotated[
    int | None,
    strawberry.argument(
        description="Days with more classifications than this are unusual; 0 or more."
    ),
]
HoursArgument = Annotated[
    float | None,
    strawberry.argument(
        description="Days with more session time than this are unusual, in hours; 0 or more. A "
        "day may have more than 24, since sessions overlap in several windows."
    ),
]


def read_thresholds(
    question: Question, per_day: int | None, hours: float | None, today: int
) -> UnusualQuestion:
    """The question of these thresholds; ArgumentError without a threshold, or for too many days."""
    if per_day is None and hours is None:
        raise InvalidArgument(
            "classificationsPerDay", "Give classificationsPerDay, hoursPerDay or both."
        )
    for name, threshold in (("classificationsPerDay", per_day), ("hoursPerDay", hours)):
        if threshold is not None and threshold < 0:
            raise InvalidArgument(name, f"{name} is {threshold}: it must be 0 or more.")
    _require_some_days(question.selection.days, today)
    # The number as it was written: 0.1 hours are 360,000 ms, and not a little more.
    most_ms = _MOST if hours is None else min(int(Decimal(repr(hours)) * _MS_AN_HOUR), _MOST)
    return UnusualQuestion(question, _MOST if per_day is None else per_day, most_ms)


def _require_some_days(days: DayRange, today: int) -> None:
    start = FIRST_DAY if days.start is None else days.start
    length = (max(start, today) if days.end is None else days.end) - start + 1
    if length > MOST_DAYS:
        raise OutOfBounds(
            "range",
            length,
            1,
            MOST_DAYS,
            f"The range has {length:,} days, and unusual volunteers are looked for in at most "
            f"{MOST_DAYS}.",
        )
