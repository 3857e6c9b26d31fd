"""Rows of the change log, written for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sqlalchemy import insert

from gateway.changes.feed import PAUSE_SECONDS, ChangeFeed
from gateway.changes.log import CURRENT_POSITION, log_change
from gateway.changes.position import LogPosition
from gateway.db import Database
from gateway.db.tables import change_log


class Clock:
    """The seconds of a change feed's clock: they pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def try_again(feed: ChangeFeed, clock: Clock) -> None:
    """Let the pause after a failure pass, and the read in the background that is due then."""
    clock.seconds += PAUSE_SECONDS
    reads = feed.reads
    assert not feed.is_readable()
    while feed._reading is not None:
        await asyncio.wait([feed._reading])
    assert feed.reads == reads + 1


async def change(database: Database, **ids: Iterable[int]) -> LogPosition:
    """One transaction that changes these."""
    return await database.write(lambda connection: log_change(connection, **ids))


async def current(database: Database) -> LogPosition:
    """The position of a snapshot."""
    async with database.read() as snapshot:
        ((row,),) = await snapshot.fetch_together([(CURRENT_POSITION, {})])
    return LogPosition(*row)


async def caught_up(feed: ChangeFeed) -> LogPosition:
    """The position that the feed catches up with; it must be able to."""
    position = await feed.catch_up()
    assert position is not None
    assert feed.contains(position)
    return position


async def append(database: Database, after: int, entities: Iterable[str | None]) -> None:
    """Rows after this version, of as many transactions, written in one."""
    rows = [
        {"version": version, "mark": version * 7, "entities": text}
        for version, text in enumerate(entities, after + 1)
    ]
    await database.write(lambda connection: connection.execute(insert(change_log), rows))


async def read_begins(feed: ChangeFeed) -> asyncio.Task[LogPosition | None]:
    """A question whose read is under way."""
    reads = feed.reads
    asked = asyncio.create_task(feed.catch_up())
    for _ in range(10):
        if feed.reads > reads:
            break
        await asyncio.sleep(0)
    assert feed.reads == reads + 1
    return asked
