"""Events by period of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import strawberry

from gateway.calendar import FIRST_DAY, DayRange, day_date, day_number
from gateway.errors import OutOfBounds
from gateway.loaders.statistics import Buckets, BucketsQuestion
from gateway.period import (
    Period,
    count_periods,
    name_periods,
    period_for,
    period_start,
    period_starts,
)
from gateway.stats.subject import Answer, Question
from resolvers.context import Info
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt

#: How many buckets gaps may be filled to: thirty years of days.
MAX_FILLED = 11_000


@row
@strawberry.type(description=f"Classifications of one {name_periods()}.")
class PeriodBucket(Row):
    """One bucket of classifications."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: SafeInt = strawberry.field(
        description="Classifications of the period that are within the range."
    )
    time_spent: float = strawberry.field(
        description="Seconds of session time, limited for each as in the statistic's timeSpent."
    )


@row
@strawberry.type(description=f"Comments of one {name_periods()}.")
class CommentBucket(Row):
    """One bucket of comments."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: SafeInt = strawberry.field(
        description="Comments of the period that are within the range."
    )


async def load_buckets(
    info: Info, question: Question, subject_id: int, period: Period | None, *, fill_gaps: bool
) -> Buckets:
    """The buckets of a subject, ascending; with ``fill_gaps`` empty ones too.

    Without a period, the one that suits the range. An open end is filled up to today, an open
    start from the first bucket that has events.
    """
    days = question.selection.days
    chosen = period or period_for(days, info.context.today)
    if fill_gaps and days.start is not None:
        # Refused before anything is read.
        last = info.context.today if days.end is None else days.end
        _require_fillable(days.start, last, chosen)
    found = await info.context.loaders.buckets.load((BucketsQuestion(question, chosen), subject_id))
    if not fill_gaps:
        return found
    return tuple(_filled(found, days, chosen, info.context.today))


def periods_of_range(
    arguments: Mapping[str, Any], above: Mapping[str, Any], today: int
) -> int | None:
    """How many buckets there may be, from the arguments of the field and of the one above it.

    None where the range has no start. There are no events to come, so that only gaps are filled
    beyond today; what is beyond ``MAX_FILLED`` is refused by the field.
    """
    given = above.get("range") or {}
    start, end = given.get("start"), given.get("end")
    if start is None:
        return None
    days = DayRange(day_number(start), None if end is None else day_number(end))
    chosen = arguments.get("period") or period_for(days, today)
    last = today if days.end is None else days.end
    first = day_number(start)
    if arguments.get("fillGaps"):
        return min(count_periods(first, last, chosen), MAX_FILLED)
    return count_periods(max(first, FIRST_DAY), min(last, today), chosen)


def _filled(
    found: Buckets, days: DayRange, period: Period, today: int
) -> Iterator[tuple[int, Answer]]:
    starts = [start for start, _ in found]
    first = days.start if days.start is not None else min(starts, default=None)
    if first is None:
        return
    last = days.end if days.end is not None else max([today, *starts])
    _require_fillable(first, last, period)
    known = dict(found)
    # Before 1970 there are no events, and it is filled all the same.
    # A range may begin tomorrow, and have events by clocks that are fast: in periods begun already.
    for start in period_starts(period_start(first, period), last, period):
        yield start, known.get(start, Answer())


def _require_fillable(first: int, last: int, period: Period) -> None:
    buckets = count_periods(first, last, period)
    if buckets > MAX_FILLED:
        raise OutOfBounds(
            "fillGaps",
            buckets,
            0,
            MAX_FILLED,
            f"fillGaps would make {buckets:,} buckets for the {last - first + 1:,} days of the "
            f"range, and the limit is {MAX_FILLED:,}: ask for fewer days or a longer period.",
        )


def period_buckets(found: Buckets) -> list[PeriodBucket]:
    """Buckets of classifications as the schema shows them."""
    return [
        made(PeriodBucket, (day_date(start), answer.n, answer.seconds)) for start, answer in found
    ]


def comment_buckets(found: Buckets) -> list[CommentBucket]:
    """Buckets of comments as the schema shows them."""
    return [made(CommentBucket, (day_date(start), answer.n)) for start, answer in found]
