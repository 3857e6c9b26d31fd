"""Thresholds: the days on which growth reached them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from gateway.calendar import DayRange, Grain
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.pieces import Pieces, bounds, grain_at, refine


def within(steps: Steps, days: DayRange) -> Steps:
    """The steps within these days; the steps must be by day."""
    first, last = bounds(days)
    return steps[bisect_left(steps, (first,)) : bisect_left(steps, (last + 1,))]


def value_of(steps: Steps) -> int:
    """The sum of all steps."""
    return sum(amount for _, amount in steps)


def reached(steps: Steps, thresholds: Sequence[int]) -> list[int | None]:
    """Buckets in which the ascending thresholds were reached, None for those that were not.

    Amounts are positive, so the buckets never decrease with the threshold.
    """
    found: list[int | None] = []
    grown = _running(steps)
    bucket, sum_so_far = next(grown, (None, 0))
    for threshold in thresholds:
        while bucket is not None and sum_so_far < threshold:
            bucket, sum_so_far = next(grown, (None, 0))
        found.append(bucket)
    return found


def refined(pieces: Pieces, steps: Steps, thresholds: Sequence[int]) -> Pieces:
    """Pieces to read next to find the days; the same pieces if all days are known."""
    if all(piece.grain is Grain.DAY for piece in pieces):
        return pieces
    buckets = {bucket for bucket in reached(steps, thresholds) if bucket is not None}
    coarse = [one for one in buckets if grain_at(pieces, one) is not Grain.DAY]
    return refine(pieces, coarse) if coarse else pieces


def _running(steps: Steps) -> Iterator[tuple[int, int]]:
    so_far = 0
    for bucket, amount in steps:
        so_far += amount
        yield bucket, so_far
