"""Live counts: metrics of live answers."""

from __future__ import annotations

from gateway.graphql.live.unread_frames import UnreadFrames
from gateway.graphql.live.watched_operations import WatchedOperations


class LiveCounts:
    """Counters, which only grow, and gauges of the moment."""

    def __init__(self, operations: WatchedOperations, unread: UnreadFrames) -> None:
        self.ticks = 0
        #: How long ticks took, in seconds.
        self.tick_seconds = 0.0
        #: Evaluations after the first, by what came of them.
        self.changed = 0
        self.unchanged = 0
        self.failed = 0
        #: Those that were executed: others shared a cached answer.
        self.executed = 0
        self._operations = operations
        self._unread = unread

    @property
    def streams(self) -> int:
        """The streams that are open."""
        return self._operations.streams

    @property
    def operations(self) -> int:
        """The watched operations, each operation of each viewer once."""
        return len(self._operations)

    @property
    def sent(self) -> int:
        """The frames that transports have taken."""
        return self._unread.taken

    @property
    def superseded(self) -> int:
        """The frames that a newer one replaced before they were taken."""
        return self._unread.superseded

    @property
    def size(self) -> int:
        """The bytes of watched operations and of unread frames, by estimate."""
        return self._operations.size + self._unread.size
