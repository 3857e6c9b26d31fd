"""Pace of growth, and the day on which a threshold is expected to be reached."""

from __future__ import annotations

from typing import NamedTuple

from gateway.calendar import LAST_DAY
from gateway.stats.completion import PACE_DAYS, days_to_completion
from gateway.stats.goals.growth import Steps


class Pace(NamedTuple):
    """Pace: the amount added in a number of full days."""

    amount: int
    days: int


def pace_of(steps: Steps, today: int) -> Pace | None:
    """The pace of the last 14 full days, or of those since the first day; None without any.

    The steps have these days as rows of days, see :func:`growth_pieces`.
    """
    begin = today - PACE_DAYS
    recent = [(bucket, amount) for bucket, amount in steps if begin <= bucket < today]
    amount = sum(amount for _, amount in recent)
    if not amount:
        return None
    # A row before these days may be of a month or a year, but it ends before them.
    first = max(begin, steps[0][0])
    return Pace(amount, today - first)


def expected_on(
    remaining: int, pace: Pace | None, today: int, latest: int = LAST_DAY
) -> int | None:
    """Day on which the rest is done at this pace; None without a pace, or after ``latest``."""
    if pace is None:
        return None
    days = days_to_completion(remaining, pace.days, pace.amount)
    if days is None or today + days > min(latest, LAST_DAY):
        return None
    return today + days
