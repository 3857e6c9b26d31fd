"""Reading anew what a server that went away has not let be read to its end.

Also what was read from a standby that is behind what was seen, after reads had moved to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.db.database import SnapshotLost
from gateway.telemetry.record import RequestRecord

T = TypeVar("T")


async def read_anew_if_lost(record: RequestRecord, read: Callable[[], Awaitable[T]]) -> T:
    """What ``read`` returns, which is called once more if its snapshot was lost.

    It has to open an operation of its own each time, and must have changed nothing.
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
    """Let what is opened for the request from now on be read where it can be.

    ``before`` is the oldest state that was read until then: what was lost is no part of the answer.
    """
    record.at_primary = record.at_primary or lost.at_primary
    record.oldest_read_at = before
