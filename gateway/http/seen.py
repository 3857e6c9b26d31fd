"""Last-seen position: the newest state of the database that a client has read or written."""

from __future__ import annotations

from gateway.changes.position import LogPosition
from gateway.telemetry.record import RequestRecord


class Seen:
    """Position that the client has seen, None if unknown; ``is_eventual``: it cannot be served."""

    __slots__ = ("_is_eventual", "_wanted")

    def __init__(self, wanted: LogPosition | None, *, is_eventual: bool) -> None:
        self._wanted = wanted
        self._is_eventual = is_eventual

    def is_newer_than(self, position: LogPosition) -> bool:
        """Whether the client has seen a newer state than this position."""
        return self._wanted is not None and position.version < self._wanted.version

    def is_eventual(self, record: RequestRecord) -> bool:
        """Whether an answer may be older than the position that the client has seen."""
        if self._wanted is None:
            return False
        if record.oldest_read_at is None:
            return self._is_eventual or record.fell_back
        # Operations of a batch read one after the other; the server may disappear in between.
        return self.is_newer_than(LogPosition(*record.oldest_read_at))


def position_of(record: RequestRecord) -> LogPosition | None:
    """The newest position that was read for a request, if that is known."""
    return None if record.read_at is None else LogPosition(*record.read_at)
