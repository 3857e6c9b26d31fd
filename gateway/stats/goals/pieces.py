"""Rollup rows for growth: coarse ones first, then finer ones around the thresholds.

The search for the day on which a threshold was reached goes from years to the months of the year,
and then to the days of the month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.calendar import (
    FIRST_DAY,
    LAST_DAY,
    DayRange,
    Grain,
    Piece,
    decompose,
    month_number,
    month_start,
)
from gateway.stats.completion import PACE_DAYS

Pieces = tuple[Piece, ...]


def growth_pieces(days: DayRange, today: int) -> Pieces:
    """Pieces of a range, ascending; the full days before today that give the pace are days."""
    first, last = bounds(days)
    pace_first, pace_last = max(first, today - PACE_DAYS), min(last, today - 1)
    if pace_first > pace_last:
        return _coarse(first, last)
    return (
        *_coarse(first, pace_first - 1),
        Piece(Grain.DAY, pace_first, pace_last),
        *_coarse(pace_last + 1, last),
    )


def day_pieces(days: DayRange) -> Pieces:
    """The days of a range."""
    first, last = bounds(days)
    return (Piece(Grain.DAY, first, last),) if first <= last else ()


def bounds(days: DayRange) -> tuple[int, int]:
    """The first and the last day of a range on which there can be events."""
    first = FIRST_DAY if days.start is None else max(days.start, FIRST_DAY)
    last = LAST_DAY if days.end is None else min(days.end, LAST_DAY)
    return first, last


def _coarse(first: int, last: int) -> Pieces:
    if first > last:
        return ()
    found = decompose(DayRange(first, last), Grain.YEAR)
    return tuple(sorted(found, key=lambda piece: piece.first))


def grain_at(pieces: Iterable[Piece], bucket: int) -> Grain:
    """The grain of the row that starts on this day."""
    return next(piece.grain for piece in pieces if piece.first <= bucket <= piece.last)


def refine(pieces: Pieces, buckets: Iterable[int]) -> Pieces:
    """The pieces with finer rows for these buckets; the same pieces if all of them are days."""
    wanted = sorted(set(buckets))
    return tuple(finer for piece in pieces for finer in _refined(piece, wanted))


def _refined(piece: Piece, buckets: Iterable[int]) -> Iterator[Piece]:
    grain, first, last = piece
    if grain is not Grain.DAY:
        months = 1 if grain is Grain.MONTH else 12
        for bucket in buckets:
            if first <= bucket <= last:
                if first < bucket:
                    yield Piece(grain, first, bucket - 1)
                first = month_start(month_number(bucket) + months)
                yield Piece(Grain(grain - 1), bucket, first - 1)
    if first <= last:
        yield Piece(grain, first, last)
