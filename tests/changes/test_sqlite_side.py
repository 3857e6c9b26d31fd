"""On SQLite the event loop itself sees that nothing was committed: no thread, and no lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.db import Database, open_database
from tests.changes.positions import Clock, caught_up, change, current, try_again


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/stats.db") as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
def other(database: Database, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of another process, as good as."""
    with closing(sqlite3.connect(tmp_path / "stats.db", isolation_level=None, timeout=0)) as opened:
        yield opened


def at_once(feed: ChangeFeed) -> LogPosition | None:
    """What it tells without a turn of the loop."""
    asking = feed.catch_up()
    with pytest.raises(StopIteration) as told:
        asking.send(None)
    position: LogPosition | None = told.value.value
    return position


async def test_what_is_unchanged_is_told_at_once(database: Database, feed: ChangeFeed) -> None:
    position = await caught_up(feed)
    reads, threads = feed.reads, threading.active_count()
    for _ in range(100):
        assert at_once(feed) == position
    assert (feed.reads, threading.active_count()) == (reads, threads)


async def test_a_commit_is_seen_at_once_and_one_read_is_enough(
    database: Database, feed: ChangeFeed
) -> None:
    await caught_up(feed)
    for user in (1, 2):
        reads = feed.reads
        written = await change(database, user=[user])
        assert await caught_up(feed) == written == at_once(feed)
        assert feed.reads == reads + 1


async def test_a_writer_that_has_not_committed_changes_nothing_and_is_not_waited_for(
    database: Database, feed: ChangeFeed, other: sqlite3.Connection
) -> None:
    position = await caught_up(feed)
    for begin in ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
        other.execute(begin)
        other.execute("UPDATE change_log SET mark = mark + 1")
        assert at_once(feed) == position
        other.execute("ROLLBACK")
    assert at_once(feed) == position


async def test_it_holds_no_lock_that_a_checkpoint_would_wait_for(
    database: Database, feed: ChangeFeed, other: sqlite3.Connection
) -> None:
    await caught_up(feed)
    await change(database, user=[1])
    position = await caught_up(feed)
    assert at_once(feed) == position
    assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    assert await caught_up(feed) == position


async def test_a_commit_that_logs_nothing_costs_one_read_and_nothing_is_forgotten(
    database: Database, feed: ChangeFeed
) -> None:
    """As of a key's last use, which no answer depends on."""
    position = await caught_up(feed)
    await database.write(lambda c: c.execute(text("INSERT INTO project (id) VALUES (1)")))
    assert await caught_up(feed) == position == await current(database)
    assert (feed.continued, feed.restarted) == (1, 1)
    assert at_once(feed) == position


async def test_a_file_that_is_gone_tells_nothing(
    database: Database, feed: ChangeFeed, clock: Clock, tmp_path: Path
) -> None:
    position = await caught_up(feed)
    file = tmp_path / "stats.db"
    file.rename(tmp_path / "moved.db")
    assert await feed.catch_up() is None
    assert not file.exists()
    (tmp_path / "moved.db").rename(file)
    await try_again(feed, clock)
    assert await caught_up(feed) == position
