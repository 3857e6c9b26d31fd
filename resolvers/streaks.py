"""Streaks: periods in a row with classifications."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from gateway.calendar import LAST_DAY, day_date
from gateway.loaders.statistics import BucketsQuestion
from gateway.period import next_period
from gateway.stats.streaks import streak_of
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.enums import Period

StreakPeriodArgument = Annotated[
    Period | None, strawberry.argument(description="What is counted in a row.")
]


@strawberry.type(description="Periods in a row with at least one classification.")
class Streak:
    """A streak. The running period counts once it has a classification, and breaks none before."""

    current: int = strawberry.field(
        description="Periods in a row up to now; the running one counts if there is a "
        "classification in it, and breaks nothing if not."
    )
    longest: int = strawberry.field(description="The most periods in a row that there ever were.")
    current_start: date | None = strawberry.field(
        description="The first day of the first period of the current streak; null without one."
    )
    longest_start: date | None = strawberry.field(
        description="The first day of the first period of the longest streak, the earliest of "
        "equals; null without any."
    )
    longest_end: date | None = strawberry.field(
        description="The last day of the last period of the longest streak; null without any."
    )


async def load_streak(info: Info, question: Question, subject_id: int, period: Period) -> Streak:
    """The streak of a volunteer or a group as of today."""
    key = BucketsQuestion(question, period), subject_id
    starts = await info.context.loaders.active_periods.load(key)
    current, longest = streak_of(starts, period, info.context.today)
    return Streak(
        current=current.length if current else 0,
        longest=longest.length if longest else 0,
        current_start=day_date(current.first) if current else None,
        longest_start=day_date(longest.first) if longest else None,
        longest_end=_last_day(longest.last, period) if longest else None,
    )


def _last_day(start: int, period: Period) -> date:
    return day_date(min(next_period(start, period) - 1, LAST_DAY))
