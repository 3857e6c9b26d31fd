"""Streaks: consecutive periods with events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from gateway.calendar import FIRST_DAY, Grain
from gateway.db.rollup_sets import RollupSet
from gateway.period import Period, next_period, period_start
from gateway.stats.rows import filters, grains, narrowest, rows
from gateway.stats.subject import Kind, Question


class Run(NamedTuple):
    """Consecutive periods: their number, and the first day of the first and the last of them."""

    length: int
    first: int
    last: int


class Streak(NamedTuple):
    """The current run, and the longest one (the earliest of equals); None without any."""

    current: Run | None = None
    longest: Run | None = None


def active_periods(question: Question, period: Period) -> Select[tuple[int, int]]:
    """Rows of subject and a day of each period with events, some of them more than once.

    Binds what the period's grain of the question binds.
    """
    return _active_periods(
        narrowest(question),
        question.kind,
        filters(question),
        grains(question, period.grain),
        period,
    )


def streak_of(starts: Sequence[int], period: Period, today: int) -> Streak:
    """Compute the streak as of today, from the ascending first days of periods with events.

    The running period counts if it has events, and breaks no streak if it has none. Future periods
    do not count: clocks may be fast.
    """
    running = period_start(today, period)
    found = runs(starts, period, running)
    if not found:
        return Streak()
    longest = max(found, key=lambda run: (run.length, -run.first))
    last = found[-1]
    goes_on = next_period(last.last, period) >= running
    return Streak(last if goes_on else None, longest)


def runs(starts: Iterable[int], period: Period, until: int) -> list[Run]:
    """The runs of the periods that start on or before a day, ascending."""
    found: list[Run] = []
    for start in starts:
        if start > until:
            break
        if found and next_period(found[-1].last, period) == start:
            found[-1] = Run(found[-1].length + 1, found[-1].first, start)
        else:
            found.append(Run(1, start, start))
    return found


@lru_cache(maxsize=256)
def _active_periods(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    grains: tuple[Grain, ...],
    period: Period,
) -> Select[Any]:
    row = rows(rollup, kind, narrowed, grains, ("bucket",)).c
    start: ColumnElement[int] = row.bucket
    if period.grain is Grain.DAY and period.units > 1:
        # As ``gateway.period`` has it: day 0 lies so far after the start of its period.
        start = start - (start - period_start(FIRST_DAY, period)) % period.units
    return select(row.subject, start.label("start")).distinct()
