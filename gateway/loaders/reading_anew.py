"""Reading anew what a server that went away has not let be read to its end."""

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
    try:
        return await read()
    except SnapshotLost as lost:
        note_lost(record, lost)
    return await read()


def note_lost(record: RequestRecord, lost: SnapshotLost) -> None:
    """Let what is opened for the request from now on be read where it can be."""
    record.at_primary = record.at_primary or lost.at_primary
