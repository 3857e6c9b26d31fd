"""Primary's progress: its LSNs over time, which tell since when a standby lags.

Neither server's clock counts: the seconds are those of whoever asks both. An idle primary writes
nothing, so that a standby which has all of it does not lag, however long ago that was.
"""

from __future__ import annotations

from collections import deque

#: The number of LSNs that are stored; anything older counts as old as the first of these.
_SAMPLES = 600


class PrimaryProgress:
    """The positions in the write-ahead log (LSNs) that a primary had, with their times."""

    def __init__(self) -> None:
        #: Each LSN with the time at which it was first seen, ascending.
        self._seen: deque[tuple[int, float]] = deque(maxlen=_SAMPLES)

    def note(self, lsn: int, now: float) -> None:
        """Record how far the primary has written at this time; another primary may have less."""
        if self._seen and lsn < self._seen[-1][0]:
            self._seen.clear()
        if not self._seen or lsn > self._seen[-1][0]:
            self._seen.append((lsn, now))

    def lag_of(self, lsn: int, now: float) -> float:
        """For how many seconds the primary has been known to have more than this."""
        for seen_lsn, since in self._seen:
            if seen_lsn > lsn:
                return max(0.0, now - since)
        return 0.0
