"""Reading anew after a lost snapshot: a server has failed before a read ended.

Also after a read from a standby that is behind what was read before, on another server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.db.database import SnapshotLost
from gateway.telemetry.record import RequestRecord

T = TypeVar("T")


async def read_anew_if_lost(record: RequestRecord, read: Callable[[], Awaitable[T]]) -> T:
    """The result of ``read``, which is called once more if its snapshot was lost.

    ``read`` must open an operation of its own each time, and change nothing.
    """
    before = record.oldest_read_at
    try:
        found = await read()
        if not record.is_behind(record.oldest_read_at):
            return found
        lost = SnapshotLost(at_primary=True)
    except SnapshotLost as error:
        lost = error
    note_lost(record, lost, before)
    return await read()


def note_lost(record: RequestRecord, lost: SnapshotLost, before: tuple[int, int] | None) -> None:
    """Note a lost snapshot: the request's next operations read at a server that has the state.

    ``before`` is the oldest state that was read until then, without the lost snapshot.
    """
    record.at_primary = record.at_primary or lost.at_primary
    record.oldest_read_at = before
