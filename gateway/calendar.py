"""Days, months, ranges and grains.

A day is its number since 1970-01-01 (UTC). Rollups keep one row per *grain* (day, month, year,
all time) and *bucket*: the day number of the bucket's first day, 0 for all time. Any range is
covered exactly by at most five *pieces*: days at both edges, whole months, whole years.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

EPOCH = date(1970, 1, 1)
_EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS_A_DAY = 86_400_000_000
FIRST_DAY = 0
LAST_DAY = (date.max - EPOCH).days

#: Days whose month and year need not be found again: eleven years of them.
_DAYS = 4_000
#: Ranges that need not be cut again: most requests ask for few of them, several times each.
_DECOMPOSED = 1_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Grain(IntEnum):
    """How much time one rollup row covers; the number is what the row stores."""

    DAY = 0
    MONTH = 1
    YEAR = 2
    ALL = 3


class DayRange(NamedTuple):
    """Days from ``start`` to ``end``, both included; None leaves that side open."""

    start: int | None = None
    end: int | None = None


class Piece(NamedTuple):
    """The buckets of one grain that start on the days ``first`` to ``last`` (inclusive)."""

    grain: Grain
    first: int
    last: int


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


def day_of(microseconds: int) -> int:
    """The UTC day of an instant given in microseconds since the epoch."""
    return microseconds // MICROSECONDS_A_DAY


def today(now: datetime) -> int:
    """The UTC day of ``now``, which must carry a zone."""
    return (now - _EPOCH_INSTANT).days


def parse_date(value: object) -> date:
    """Read ``YYYY-MM-DD`` in ASCII digits and nothing else; ValueError, with the value, otherwise.

    ``date.fromisoformat`` alone also takes ``20230228`` and ``2023-W09-2``.
    """
    if isinstance(value, str) and _DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError(f"{_quoted(value)} is not a valid date (YYYY-MM-DD)")


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}…")
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def bucket_of(day: int, grain: Grain) -> int:
    """The bucket of ``grain`` that ``day`` falls into."""
    if grain is Grain.DAY:
        return day
    if grain is Grain.ALL:
        return 0
    return _first_of_month(day) if grain is Grain.MONTH else _first_of_year(day)


@lru_cache(_DAYS)
def _first_of_month(day: int) -> int:
    return day_number(day_date(day).replace(day=1))


@lru_cache(_DAYS)
def _first_of_year(day: int) -> int:
    return day_number(day_date(day).replace(month=1, day=1))


def month_number(day: int) -> int:
    """The month that ``day`` falls into, counted from January of year 0."""
    there = day_date(day)
    return 12 * there.year + there.month - 1


def month_start(month: int) -> int:
    """The first day of a numbered month; the day after the last one starts a month, too."""
    year, months = divmod(month, 12)
    return LAST_DAY + 1 if year > date.max.year else day_number(date(year, months + 1, 1))


def decompose(days: DayRange, coarsest: Grain = Grain.ALL) -> tuple[Piece, ...]:
    """Cut a range into at most five pieces that cover each of its days exactly once.

    ``coarsest`` bounds the grains used, for answers that need finer buckets: with MONTH, whole
    years stay months. The pieces come in no particular order of time.
    """
    return _decompose(days, coarsest)


@lru_cache(_DECOMPOSED)
def _decompose(days: DayRange, coarsest: Grain) -> tuple[Piece, ...]:
    if days == DayRange() and coarsest is Grain.ALL:
        return (Piece(Grain.ALL, 0, 0),)
    start = FIRST_DAY if days.start is None else max(days.start, FIRST_DAY)
    stop = LAST_DAY + 1 if days.end is None else days.end + 1
    pieces: list[Piece] = []
    for fine, coarse in ((Grain.DAY, Grain.MONTH), (Grain.MONTH, Grain.YEAR)):
        inner_start, inner_stop = _ceil(start, coarse), _floor(stop, coarse)
        if coarsest <= fine or inner_start >= inner_stop:
            return (*pieces, Piece(fine, start, stop - 1))
        if start < inner_start:
            pieces.append(Piece(fine, start, inner_start - 1))
        if inner_stop < stop:
            pieces.append(Piece(fine, inner_stop, stop - 1))
        start, stop = inner_start, inner_stop
    return (*pieces, Piece(Grain.YEAR, start, stop - 1))


def _floor(day: int, grain: Grain) -> int:
    """The start of the bucket that holds ``day``; the day after the last one starts a bucket."""
    return day if day > LAST_DAY else bucket_of(day, grain)


def _ceil(day: int, grain: Grain) -> int:
    """The first start of a bucket on or after ``day``."""
    start = _floor(day, grain)
    if start == day:
        return day
    return month_start(month_number(start) + (1 if grain is Grain.MONTH else 12))
