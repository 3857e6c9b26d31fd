"""How long after its commit each frame came, and whether every frame is true."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from benchmarks.live.pages import Page
from benchmarks.live.streams import Posted


class Inexact(Exception):
    """A frame shows what was never stored so, or the last one does not show all that was."""


class Stored:
    """The numbers that a page had, beginning with ``first``, as the batches were stored."""

    def __init__(self, page: Page, first: int, posted: Sequence[Posted]) -> None:
        added = (sum(map(page.counts, one.batch.events)) for one in posted)
        self._numbers = [*accumulate(added, initial=first)]
        self._told_at = [one.at for one in posted]

    @property
    def last(self) -> int:
        """The number when all is stored."""
        return self._numbers[-1]

    def delays(self, times: Sequence[float], numbers: Sequence[int]) -> list[float]:
        """Of each frame but the first, seconds since the oldest commit that no frame before shows.

        A commit is when the client was told of it. Inexact for a number that the page never had,
        and for one that is smaller than the one before.
        """
        found = []
        frames = zip(times, numbers, strict=True)
        for (_, before), (at, number) in pairwise(frames):
            place = bisect_right(self._numbers, number) - 1
            if self._numbers[place] != number or number < before:
                raise Inexact(f"{number:,} after {before:,}")
            if number > before:
                oldest = bisect_right(self._numbers, before) - 1
                found.append(max(0.0, at - self._told_at[oldest]))
        return found
