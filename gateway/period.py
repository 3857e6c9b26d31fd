"""Periods of statistics: day, week, month, year. A new period is a member here.

A period is a row of a table: its unit and how many of these it lasts, the grain of rollups that
still tells its buckets apart, and the longest range that it is the default for. Periods are
numbered through: what starts, follows or counts them computes with these numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum

from gateway.calendar import DayRange, Grain, month_number, month_start

#: Thursday 1970-01-01 is day 0: this many days after the start of its week.
_DAYS_AFTER_MONDAY = 3
_SHORTEST_MONTH = 28
#: Longer than any range.
_ANY_LENGTH = sys.maxsize


class Period(Enum):
    """How buckets of time are cut; the value is its word in requests. Shortest period first.

    A period without a longest range is used only where it is asked for.
    """

    DAY = "day", Grain.DAY, 1, 31, "From midnight to midnight."
    WEEK = "week", Grain.DAY, 7, 183, "A week from Monday to Sunday."
    MONTH = "month", Grain.MONTH, 1, 1460, "A month of the calendar."
    YEAR = "year", Grain.YEAR, 12, _ANY_LENGTH, "A year of the calendar."

    grain: Grain
    units: int
    longest: int | None
    description: str

    # Members are single: their identity tells them apart, and faster than Enum's own hash does.
    __hash__ = object.__hash__

    def __new__(
        cls, word: str, grain: Grain, units: int, longest: int | None, description: str
    ) -> Period:
        period = object.__new__(cls)
        period._value_ = word
        #: The coarsest rollup rows that still tell the buckets apart; DAY: units are days, else
        #: they are months.
        period.grain = grain
        #: How many days or months it lasts.
        period.units = units
        #: The longest range, in days, that it is the default for.
        period.longest = longest
        period.description = description
        return period

    @property
    def shortest_days(self) -> int:
        """How many days it lasts at least."""
        return self.units if self.grain is Grain.DAY else self.units * _SHORTEST_MONTH

    @property
    def is_one_row(self) -> bool:
        """Whether a bucket is one rollup row, and not the sum of several."""
        return self.units == (12 if self.grain is Grain.YEAR else 1)


def period_start(day: int, period: Period) -> int:
    """The first day of the period that ``day`` falls into."""
    return _start(_number(day, period), period)


def next_period(start: int, period: Period) -> int:
    """The first day of the period after the one that starts on ``start``."""
    return _start(_number(start, period) + 1, period)


def period_starts(first: int, last: int, period: Period) -> Iterator[int]:
    """The first day of every period that has a day in ``first`` to ``last``."""
    number = _number(first, period)
    for later in range(count_periods(first, last, period)):
        yield _start(number + later, period)


def count_periods(first: int, last: int, period: Period) -> int:
    """How many periods have a day in ``first`` to ``last``; 0 where these are in reverse."""
    return 0 if first > last else _number(last, period) - _number(first, period) + 1


def period_for(days: DayRange, today: int) -> Period:
    """The default period of a range: the first one whose longest range is not exceeded.

    Days, weeks, months and years change where the Zooniverse front end does. An open end means
    today; a range without start is longer than any other.
    """
    length = _ANY_LENGTH
    if days.start is not None:
        length = (days.end if days.end is not None else max(today, days.start)) - days.start + 1
    return next(one for one in Period if one.longest is not None and length <= one.longest)


def name_periods(before_last: str = " or ") -> str:
    """The words of all periods as a sentence lists them: "day, week, month or year"."""
    *words, last = (period.value for period in Period)
    return f"{', '.join(words)}{before_last}{last}"


def describe_defaults() -> str:
    """For which ranges each period is the default, as a part of a sentence."""
    first, *between, last = (one for one in Period if one.longest is not None)
    return ", ".join(
        (
            f"{first.value} for ranges of up to {first.longest:,} days",
            *(f"{one.value} up to {one.longest:,}" for one in between),
            f"else {last.value}",
        )
    )


def _number(day: int, period: Period) -> int:
    """The number of the period that ``day`` falls into; each one's is greater by one."""
    if period.grain is not Grain.DAY:
        return month_number(day) // period.units
    if period.units == 1:
        return day
    return (day + _DAYS_AFTER_MONDAY) // period.units


def _start(number: int, period: Period) -> int:
    """The first day of the period with a number."""
    if period.grain is not Grain.DAY:
        return month_start(number * period.units)
    if period.units == 1:
        return number
    return number * period.units - _DAYS_AFTER_MONDAY
