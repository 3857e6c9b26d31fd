"""What whoever sends a request has seen already."""

from __future__ import annotations

from gateway.changes.position import LogPosition
from gateway.telemetry.record import RequestRecord


class Seen:
    """What whoever asks has seen; None if nobody knows. ``is_eventual``: it may not be had."""

    __slots__ = ("_is_eventual", "_wanted")

    def __init__(self, wanted: LogPosition | None, *, is_eventual: bool) -> None:
        self._wanted = wanted
        self._is_eventual = is_eventual

    def is_newer_than(self, position: LogPosition) -> bool:
        """Whether it has not this state yet."""
        return self._wanted is not None and position.version < self._wanted.version

    def is_eventual(self, record: RequestRecord) -> bool:
        """Whether an answer may be older than what was seen."""
        if self._wanted is None:
            return False
        if record.oldest_read_at is None:
            return self._is_eventual or record.fell_back
        # Operations of a batch read one after the other, and the server may go away between them.
        return self.is_newer_than(LogPosition(*record.oldest_read_at))


def position_of(record: RequestRecord) -> LogPosition | None:
    """The newest state that was read for a request, if that is known."""
    return None if record.read_at is None else LogPosition(*record.read_at)
