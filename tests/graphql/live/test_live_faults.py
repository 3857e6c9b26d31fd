"""Live answers when something goes wrong: nothing leaks, nothing is lost, streams go on."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.feed import ChangeFeed
from gateway.db import Database, open_database
from gateway.errors import Unavailable
from gateway.graphql.live import evaluators
from gateway.graphql.live.ends import ServerStopping
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.loaders.operation import Operation
from gateway.telemetry.record import RequestRecord
from tests.changes.positions import Clock
from tests.conftest import administer, at
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.followers import data, follow, live_answers, sent
from tests.loaders.test_never_stale import entries

TOTAL = "classifications { totalCount }"
PROJECT = "project(id: $id) { classifications { totalCount } }"
PROJECTS = [{"id": one, "slug": f"zoo/{one}", "display_name": "Cats"} for one in (11, 12)]


def total(number: int) -> dict[str, object]:
    return {"classifications": {"totalCount": number}}


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    await database.write(entries(projects=PROJECTS))
    await store(database, classification(1))
    async with Gateway(database) as opened:
        yield opened


@pytest.fixture
async def live(gateway: Gateway) -> AsyncIterator[LiveAnswers]:
    async with live_answers(gateway) as opened:
        yield opened


def left(live: LiveAnswers) -> tuple[int, int, int]:
    """What is still there of streams that were closed."""
    return live.counts.streams, live.counts.operations, live.counts.size


async def test_ten_thousand_who_come_and_go_leave_nothing(
    gateway: Gateway, live: LiveAnswers
) -> None:
    async def come_and_go(number: int) -> None:
        stream = await follow(live, PROJECT, Viewer(id=1 + number % 7), id=str(11 + number % 2))
        if number % 2:
            await data(stream)
        stream.close()
        stream.close()
        # What is cached is answered without a turn of the loop, which forgets its timers in one.
        await asyncio.sleep(0)

    for number in range(500):
        await come_and_go(number)
    await live.tick()
    gc.collect()
    tasks, objects = len(asyncio.all_tasks()), len(gc.get_objects())
    for number in range(9_500):
        await come_and_go(number)
    await live.tick()
    gc.collect()
    assert left(live) == (0, 0, 0)
    assert len(asyncio.all_tasks()) == tasks
    assert len(gc.get_objects()) < objects + 1_000


class Cancelled:
    """Awaits some work, and cancels the task that does at its n-th suspension."""

    def __init__(self, work: Coroutine[Any, Any, Any], steps: int) -> None:
        self._work = work
        self._steps = steps
        self.was_cancelled = False

    def __await__(self) -> Generator[Any, Any, Any]:
        run = self._work.__await__()
        value: Any = None
        error: BaseException | None = None
        for step in count():
            try:
                waited = run.send(value) if error is None else run.throw(error)
            except StopIteration as done:
                return done.value
            if step == self._steps:
                self.was_cancelled = True
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            value, error = None, None
            try:
                value = yield waited
            except BaseException as thrown:
                error = thrown
        raise AssertionError("unreachable: it counts for ever")


async def outcome(work: Cancelled) -> Any:
    """What it comes to in a task of its own; None if it is cancelled."""

    async def awaited() -> Any:
        return await work

    task = asyncio.create_task(awaited())
    await asyncio.wait([task])
    return None if task.cancelled() else task.result()


async def until(happened: Callable[[], object]) -> None:
    """Let others go on until something has happened."""
    for _ in range(100_000):
        if happened():
            return
        await asyncio.sleep(0)
    raise AssertionError("It has not happened.")


async def test_opening_is_cancelled_at_every_await(gateway: Gateway, live: LiveAnswers) -> None:
    before = len(asyncio.all_tasks())
    steps = 0
    while True:
        gateway.responses.memory.clear()  # type: ignore[union-attr]
        opening = Cancelled(follow(live, PROJECT, id="11"), steps)
        stream = await outcome(opening)
        if not opening.was_cancelled:
            break
        assert stream is None
        assert left(live) == (0, 0, 0)
        steps += 1
    assert steps >= 3
    assert await data(stream) == {"project": total(1)}
    stream.close()
    assert left(live) == (0, 0, 0)
    assert len(asyncio.all_tasks()) == before
    assert gateway.database.pool.in_use == 0


async def test_a_tick_is_cancelled_at_every_await(gateway: Gateway, live: LiveAnswers) -> None:
    stream = await follow(live, TOTAL)
    await data(stream)
    event, steps = 2, 0
    while True:
        await store(gateway.database, classification(event))
        ticking = Cancelled(live.tick(), steps)
        await outcome(ticking)
        if not ticking.was_cancelled:
            break
        # What had begun goes on; what had not is found again.
        async with asyncio.timeout(30):
            while (frame := await sent(stream)) is None:
                await live.tick()
                await asyncio.sleep(0.01)
        assert frame == {"data": {"live": total(event)}}
        assert await sent(stream) is None
        event, steps = event + 1, steps + 1
    assert steps >= 2
    assert await data(stream) == total(event)


class Hanging(Gateway):
    """A gateway in which evaluations again of some viewers wait until they may go on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.hangs: set[Viewer] = set()
        self.go_on = asyncio.Event()
        queries = self.executor.live
        opened = queries._answering.open_again

        @asynccontextmanager
        async def open_again(viewer: Viewer, record: RequestRecord) -> AsyncIterator[Operation]:
            if viewer in self.hangs:
                await self.go_on.wait()
            async with opened(viewer, record) as operation:
                yield operation

        queries._answering = replace(queries._answering, open_again=open_again)


async def test_an_evaluation_that_hangs_holds_up_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluators, "TIMEOUT_SECONDS", 0.2)
    await store(database, classification(1))
    async with Hanging(database) as gateway, live_answers(gateway) as live:
        slow = await follow(live, f"me {{ id }} {TOTAL}", Viewer(id=7))
        quick = await follow(live, TOTAL)
        await data(slow)
        await data(quick)
        gateway.hangs = {Viewer(id=7)}
        for event in (2, 3, 4):
            await store(database, classification(event))
            await live.tick()
            assert await data(quick) == total(event)
            assert await sent(slow) is None
        gateway.go_on.set()
        await live.tick()
        async with asyncio.timeout(30):
            while (frame := await sent(slow)) is None:
                await live.tick()
        assert frame["data"]["live"] == {"me": {"id": "7"}, **total(4)}
        slow.close()
        quick.close()
        assert left(live) == (0, 0, 0)


async def test_a_stream_is_closed_during_its_evaluation(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluators, "TIMEOUT_SECONDS", 0.2)
    await store(database, classification(1))
    async with Hanging(database) as gateway, live_answers(gateway) as live:
        stream = await follow(live, f"me {{ id }} {TOTAL}", Viewer(id=7))
        gateway.hangs = {Viewer(id=7)}
        await store(database, classification(2))
        ticking = asyncio.create_task(live.tick())
        await until(lambda: live.counts.executed)
        stream.close()
        gateway.go_on.set()
        await ticking
        assert left(live) == (0, 0, 0)


async def test_all_that_hangs_is_stopped_at_the_end(database: Database) -> None:
    await store(database, classification(1))
    before = asyncio.all_tasks()
    async with Hanging(database) as gateway:
        async with live_answers(gateway) as live:
            stream = await follow(live, f"me {{ id }} {TOTAL}", Viewer(id=7))
            gateway.hangs = {Viewer(id=7)}
            await store(database, classification(2))
            ticking = asyncio.create_task(live.tick())
            await until(lambda: live.counts.executed)
        await ticking
        with pytest.raises(ServerStopping):
            await anext(stream)
    assert asyncio.all_tasks() == before


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """Let the database be away, as if its server or its file were not there."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        # All that is in the log of the file goes into it, so that it can be moved.
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        other = file.with_suffix(".away")
        os.rename(file, other)
        try:
            yield
        finally:
            os.rename(other, file)
        return
    name, server = parsed.database, at(url, "postgres")
    await administer(
        server,
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        f"ALTER DATABASE {name} RENAME TO {name}_away",
    )
    try:
        yield
    finally:
        await administer(
            server,
            f"ALTER DATABASE {name}_away RENAME TO {name}",
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
        )


async def test_streams_go_on_after_the_database_was_away(database_url: str) -> None:
    clock = Clock()
    async with open_database(database_url) as database:
        await database.migrate()
        await store(database, classification(1))
        feed = ChangeFeed(database, clock=clock)
        async with Gateway(database, changes=feed) as gateway, live_answers(gateway) as live:
            stream = await follow(live, TOTAL)
            assert await data(stream) == total(1)
            async with away(database_url):
                for _ in range(5):
                    clock.seconds += 1
                    await live.tick()
                    assert await sent(stream) is None
                late = await follow(live, TOTAL)
                refused = await sent(late)
                assert refused["data"] == {"live": {"classifications": None}}
                assert refused["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            async with open_database(database_url) as writer:
                await store(writer, classification(2))
            async with asyncio.timeout(60):
                frames = [None, None]
                while None in frames:
                    clock.seconds += 1
                    await live.tick()
                    frames = [
                        before or await sent(one)
                        for before, one in zip(frames, (stream, late), strict=True)
                    ]
                    await asyncio.sleep(0.05)
            assert frames == [{"data": {"live": total(2)}}] * 2


async def test_a_server_that_stops_ends_all_and_begins_nothing(
    gateway: Gateway, live: LiveAnswers
) -> None:
    streams = [await follow(live, TOTAL) for _ in range(20)]
    waiting = asyncio.create_task(_ended(streams[0]))
    await asyncio.sleep(0)
    live.stop(0.5)
    with pytest.raises(ServerStopping):
        await follow(live, TOTAL)
    async with asyncio.timeout(30):
        ends = [await waiting, *[await _ended(stream) for stream in streams[1:]]]
    assert all(0 < end.retry_after_seconds <= 5 for end in ends)
    assert len({end.retry_after_seconds for end in ends}) > 10
    assert left(live) == (0, 0, 0)


async def _ended(stream: LiveStream) -> ServerStopping:
    try:
        async for _ in stream:
            pass
    except ServerStopping as end:
        return end
    raise AssertionError("It ended for no reason.")


async def test_what_slow_readers_have_not_read_is_bounded(gateway: Gateway) -> None:
    async with live_answers(gateway, capacity=100_000) as live:
        live._unread._capacity = 100
        streams = [await follow(live, f"{TOTAL} p{one}: __typename", ANONYMOUS) for one in range(5)]
        assert live._unread.size <= 100
        read = asyncio.create_task(anext(streams[-1]))
        await asyncio.sleep(0)
        await live.tick()
        assert b'"totalCount":1' in await read
        for stream in streams:
            stream.close()
        assert left(live) == (0, 0, 0)


async def test_nobody_begins_where_memory_is_used_up(gateway: Gateway) -> None:
    async with live_answers(gateway, capacity=1) as live:
        live._unread._capacity = 1_000_000
        first = await follow(live, TOTAL)
        with pytest.raises(Unavailable):
            await follow(live, PROJECT, id="11")
        # Whoever watches the same takes up nothing more.
        second = await follow(live, TOTAL)
        await store(gateway.database, classification(2))
        await live.tick()
        assert await data(first) == total(2)
        second.close()
        first.close()
        assert left(live) == (0, 0, 0)
