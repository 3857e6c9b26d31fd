"""A read of the log that fails, is cancelled or takes too long is none; a later one works again."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.changes.feed import ChangeFeed
from gateway.db import Database, open_database
from gateway.db.postgres_hosts import PostgresHosts
from gateway.db.postgres_side import PostgresSideConnection
from gateway.db.sqlite_side import SqliteSideConnection
from gateway.db.url import PostgresUrl, read_database_url
from tests.changes.positions import Clock, caught_up, change, current, read_begins, try_again

SOON = 0.3


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """A connection that is not the gateway's."""
    named = read_database_url(url)
    assert isinstance(named, PostgresUrl)
    connection = await PostgresHosts(named, 60).connect()
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url) as opened:
        yield opened


async def backend_of_feed(admin: Any) -> int:
    """The process of the server that the feed is connected to."""
    (row,) = await admin.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'SELECT newest.version%' AND pid <> pg_backend_pid()"
    )
    return int(row["pid"])


async def end(admin: Any, backend: int) -> None:
    """End a process of the server, and return once it is gone."""
    assert await admin.fetchval("SELECT pg_terminate_backend($1, 60000)", backend)


async def until_waiting(admin: Any) -> None:
    """Return once a statement waits for a lock."""
    for _ in range(1000):
        if await admin.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("Nothing waits.")


async def beats_until(asked: asyncio.Task[Any]) -> int:
    """How often the loop went round until the task was done."""
    beats = 0
    while not asked.done():
        await asyncio.sleep(0.01)
        beats += 1
    return beats


async def test_a_locked_log_tells_nothing_and_works_again(
    postgres: Database, postgres_url: str, clock: Clock
) -> None:
    async with ChangeFeed(postgres, SOON, clock) as feed, connected(postgres_url) as admin:
        before = await caught_up(feed)
        backend = await backend_of_feed(admin)
        async with admin.transaction():
            await admin.execute("LOCK TABLE change_log IN ACCESS EXCLUSIVE MODE")
            asked = await read_begins(feed)
            others = [asyncio.create_task(feed.catch_up()) for _ in range(5)]
            assert await beats_until(asked) > 2
            # Whoever came meanwhile does not wait for another one to fail.
            assert await asyncio.gather(asked, *others) == [None] * 6
            assert feed.position == before
            reads = feed.reads
            assert await feed.catch_up() is None
            assert feed.reads == reads
            await try_again(feed, clock)
            assert feed.failed == 2
            assert await feed.catch_up() is None
        await try_again(feed, clock)
        written = await change(postgres, user=[1])
        assert await caught_up(feed) == written
        assert not feed.holds([("user", 1)], before)
        # A server that has ended the statement keeps the connection.
        assert await backend_of_feed(admin) == backend


async def test_a_server_process_that_stands_still_tells_nothing(
    postgres: Database, postgres_url: str, clock: Clock
) -> None:
    async with ChangeFeed(postgres, SOON, clock) as feed, connected(postgres_url) as admin:
        before = await caught_up(feed)
        backend = await backend_of_feed(admin)
        os.kill(backend, signal.SIGSTOP)
        try:
            asked = await read_begins(feed)
            assert await beats_until(asked) > 2
            assert await asked is None
            written = await change(postgres, user=[1])
            await try_again(feed, clock)
            assert await caught_up(feed) == written
            assert not feed.holds([("user", 1)], before)
            assert feed.restarted == 1
        finally:
            os.kill(backend, signal.SIGCONT)


async def test_a_connection_that_the_server_ends_tells_nothing_once(
    postgres: Database, postgres_url: str, clock: Clock
) -> None:
    async with ChangeFeed(postgres, clock=clock) as feed, connected(postgres_url) as admin:
        before = await caught_up(feed)
        side = feed._side
        assert isinstance(side, PostgresSideConnection)
        # Whoever notices in time connects anew: the statement has to be sent before that.
        side._connection._transport.pause_reading()
        await end(admin, await backend_of_feed(admin))
        asked = await read_begins(feed)
        side._connection._transport.resume_reading()
        assert await asked is None
        await try_again(feed, clock)
        assert await caught_up(feed) == before
        assert feed.restarted == 1
        # Also in the middle of a statement.
        async with admin.transaction():
            await admin.execute("LOCK TABLE change_log IN ACCESS EXCLUSIVE MODE")
            asked = await read_begins(feed)
            await until_waiting(admin)
            await end(admin, await backend_of_feed(admin))
            assert await asked is None
        await try_again(feed, clock)
        assert await caught_up(feed) == before


async def test_a_read_that_the_server_has_answered_already_is_not_shared(
    postgres: Database, postgres_url: str, clock: Clock
) -> None:
    """Its answer is still under way: it is older than what is asked now."""
    async with ChangeFeed(postgres, clock=clock) as feed, connected(postgres_url) as admin:
        before = await caught_up(feed)
        side = feed._side
        assert isinstance(side, PostgresSideConnection)
        asked_at = "SELECT max(query_start) FROM pg_stat_activity WHERE state = 'idle' AND pid = $1"
        backend = await backend_of_feed(admin)
        earlier = await admin.fetchval(asked_at, backend)
        side._connection._transport.pause_reading()
        first = await read_begins(feed)
        while await admin.fetchval(asked_at, backend) in (earlier, None):
            pass
        written = await change(postgres, user=[1])
        second = asyncio.create_task(feed.catch_up())
        await asyncio.sleep(0)
        side._connection._transport.resume_reading()
        assert (await first, await second) == (before, written)


async def test_a_server_that_is_not_there_tells_nothing(postgres_url: str) -> None:
    async with (
        open_database("postgresql://nobody@127.0.0.1:1/none") as database,
        ChangeFeed(database) as feed,
    ):
        assert await asyncio.gather(*(feed.catch_up() for _ in range(5))) == [None] * 5
        assert feed.position is None
        assert feed.failed == 1


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/stats.db") as opened:
        await opened.migrate()
    async with open_database(f"sqlite:///{tmp_path}/stats.db") as opened:
        yield opened


async def test_a_file_that_another_has_for_itself_tells_nothing(
    sqlite: Database, tmp_path: Path, clock: Clock
) -> None:
    async with ChangeFeed(sqlite, clock=clock) as feed:
        with closing(sqlite3.connect(tmp_path / "stats.db", isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            assert await asyncio.gather(*(feed.catch_up() for _ in range(5))) == [None] * 5
            other.execute("ROLLBACK")
        await try_again(feed, clock)
        assert await caught_up(feed) == await current(sqlite)


async def test_a_read_that_hangs_in_its_thread_tells_nothing_and_works_again(
    sqlite: Database, clock: Clock
) -> None:
    async with ChangeFeed(sqlite, SOON, clock) as feed:
        before = await caught_up(feed)
        written = await change(sqlite, user=[1])
        side = feed._side
        assert isinstance(side, SqliteSideConnection)
        go_on = threading.Event()
        side._thread.submit(go_on.wait, 60)
        asked = await read_begins(feed)
        assert await beats_until(asked) > 2
        assert await asked is None
        await try_again(feed, clock)
        assert await feed.catch_up() is None
        assert feed.position == before
        assert len(side._thread._threads) == 1
        go_on.set()
        await try_again(feed, clock)
        assert await caught_up(feed) == written
        assert not feed.holds([("user", 1)], before)


async def test_whoever_goes_away_takes_the_read_from_nobody(
    database: Database, feed: ChangeFeed
) -> None:
    asked = await read_begins(feed)
    same = asyncio.create_task(feed.catch_up())
    gone = asyncio.create_task(feed.catch_up())
    await asyncio.sleep(0)
    for one in (asked, gone):
        one.cancel()
    assert await same == await current(database)
    assert feed.failed == 0
    assert all(isinstance(one, asyncio.CancelledError) for one in
               await asyncio.gather(asked, gone, return_exceptions=True))  # fmt: skip


@pytest.mark.parametrize("begun", [True, False])
async def test_whoever_waits_at_the_end_is_told_nothing(database: Database, begun: bool) -> None:
    async with ChangeFeed(database) as feed:
        await caught_up(feed)
        await change(database)
        if begun:
            asked = await read_begins(feed)
        else:
            asked = asyncio.create_task(feed.catch_up())
            await asyncio.sleep(0)
        later = asyncio.create_task(feed.catch_up())
        await asyncio.sleep(0)
    assert {await asked, await later} <= {None, await current(database)}
    assert await later is None
    assert feed.failed == 0


async def test_a_read_that_is_cancelled_is_none_and_the_next_works(
    database: Database, feed: ChangeFeed
) -> None:
    """As all tasks are when a server stops, whoever made them."""
    before = await caught_up(feed)
    written = await change(database, user=[1])
    asked = await read_begins(feed)
    assert feed._reading is not None
    feed._reading.cancel()
    assert await asked is None
    assert await caught_up(feed) == written
    assert not feed.holds([("user", 1)], before)


async def test_a_log_that_is_missing_tells_nothing_and_says_so_once(
    database: Database, feed: ChangeFeed, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    await caught_up(feed)
    await database.write(
        lambda connection: connection.execute(text("ALTER TABLE change_log RENAME TO other"))
    )
    for _ in range(10):
        assert await feed.catch_up() is None
        await try_again(feed, clock)
    (line,) = caplog.messages
    assert line.startswith("Reading the change log fails")
    await database.write(
        lambda connection: connection.execute(text("ALTER TABLE other RENAME TO change_log"))
    )
    await try_again(feed, clock)
    await caught_up(feed)


async def test_an_empty_log_tells_nothing(database: Database, feed: ChangeFeed) -> None:
    before = await caught_up(feed)
    await database.write(lambda connection: connection.execute(text("DELETE FROM change_log")))
    assert await feed.catch_up() is None
    assert await feed.catch_up() is None
    assert feed.position is None
    written = await change(database)
    assert written.version == 1
    assert await caught_up(feed) == written
    assert not feed.contains(before)
