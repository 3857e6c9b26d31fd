"""Ranges of days: which part of the time a statistic covers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from gateway.arguments import read_range
from gateway.calendar import DayRange
from gateway.execution_hints import FrozenInput


@strawberry.input(
    description="Days in UTC, from start to end, both included; without one of them, all days on "
    "that side."
)
class DateRange(FrozenInput):
    """A range of days; a side that is left out or null is open."""

    start: date | None = strawberry.field(
        default=None, description="The first day that counts; it may not be after end."
    )
    end: date | None = strawberry.field(
        default=None, description="The last day that counts; it may lie in the future."
    )


_ALL = DayRange()
RangeArgument = Annotated[
    DateRange | None,
    strawberry.argument(description="The days that count. Default: all."),
]


def days_in(given: DateRange | None) -> DayRange:
    """The days of a range; InvalidRange where it ends before it starts."""
    return _ALL if given is None else read_range(given.start, given.end)
