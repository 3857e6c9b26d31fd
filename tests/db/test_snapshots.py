"""Reading and writing at once: one answer sees one state, and nobody waits for ever."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Executable, Text, cast, func, select, text
from sqlalchemy.exc import DBAPIError

from gateway.db import Database, Snapshot, open_database
from gateway.db.tables import project
from gateway.errors import TooManyRows, Unavailable

COUNT = select(func.count()).select_from(project)
CONNECTIONS = 2


@pytest.fixture
async def small(database: Database, database_url: str) -> AsyncIterator[Database]:
    """A pool of two connections, and patience for all who wait for one."""
    async with open_database(database_url, connections=CONNECTIONS, timeout_seconds=60) as opened:
        yield opened


@pytest.fixture
async def impatient(database: Database, database_url: str) -> AsyncIterator[Database]:
    """A pool of two connections that waits two seconds for a third."""
    async with open_database(database_url, connections=CONNECTIONS, timeout_seconds=2) as opened:
        yield opened


async def count(snapshot: Snapshot) -> int:
    return int((await snapshot.fetch(COUNT))[0][0])


async def add(database: Database, project_id: int) -> None:
    def insert(connection: Connection) -> None:
        connection.execute(project.insert().values(id=project_id))

    await database.write(insert)


async def dialect(database: Database) -> str:
    return await database.write(lambda connection: connection.dialect.name)


async def test_what_is_asked_ahead_is_of_a_state_of_its_own(small: Database) -> None:
    async with small.read() as snapshot:
        for number in (1, 2):
            await add(small, number)
            assert await snapshot.ahead(COUNT, {}) == [(number,)]
        await add(small, 3)
        assert await count(snapshot) == 3
        await add(small, 4)
        assert await count(snapshot) == 3
        assert (snapshot.statements, small.pool.in_use) == (4, 1)
    assert small.pool.in_use == 0


async def test_a_connection_that_was_asked_ahead_alone_goes_back(small: Database) -> None:
    for _ in range(CONNECTIONS + 1):
        async with small.read() as snapshot:
            assert await snapshot.ahead(COUNT, {}) == [(0,)]
    assert small.pool.in_use == 0
    await small.write(lambda connection: connection.execute(text("DROP TABLE project")))


async def test_what_fails_ahead_is_not_told_and_the_snapshot_fails_anew(small: Database) -> None:
    missing = select(text("1")).select_from(text("missing"))
    async with small.read() as snapshot:
        assert await snapshot.ahead(missing, {}) is None
        assert await snapshot.ahead(COUNT, {}) == [(0,)]
        assert await snapshot.ahead(missing, {}) is None
        assert await count(snapshot) == 0
        with pytest.raises(DBAPIError):
            await snapshot.fetch(missing)
    assert small.pool.in_use == 0


async def test_who_asks_ahead_waits_for_a_place_once(impatient: Database) -> None:
    async with impatient.read() as one, impatient.read() as other:
        await asyncio.gather(count(one), count(other))
        async with impatient.read() as late:
            with pytest.raises(Unavailable, match="try again in a moment"):
                await late.ahead(COUNT, {})


async def test_a_statement_that_is_too_slow_ahead_costs_no_other_connection(
    postgres_url: str,
) -> None:
    async def backend(snapshot: Snapshot) -> int:
        return int((await snapshot.fetch(select(func.pg_backend_pid())))[0][0])

    slow = select(func.length(cast(func.pg_sleep(5), Text)))
    async with open_database(postgres_url, connections=2, timeout_seconds=0.5) as database:
        async with database.read() as one, database.read() as other:
            before = {await backend(one), await backend(other)}
        async with database.read() as snapshot:
            assert await snapshot.ahead(slow, {}) is None
        async with database.read() as one, database.read() as other:
            after = {await backend(one), await backend(other)}
    assert len(before & after) == 1


async def test_a_snapshot_keeps_what_its_first_statement_saw(database: Database) -> None:
    await add(database, 1)
    async with database.read() as earlier, database.read() as unused:
        assert await count(earlier) == 1
        await add(database, 2)
        assert await count(earlier) == 1
        assert await count(unused) == 2
    async with database.read() as later:
        assert await count(later) == 2


async def test_a_snapshot_counts_its_statements(database: Database) -> None:
    async with database.read() as snapshot:
        assert snapshot.statements == 0
        await asyncio.gather(*(count(snapshot) for _ in range(3)))
        assert snapshot.statements == 3


async def test_a_snapshot_that_read_nothing_holds_no_connection(small: Database) -> None:
    unused = [small.read() for _ in range(20)]
    async with small.read() as snapshot:
        assert await count(snapshot) == 0
    await asyncio.gather(*(one.close() for one in unused))


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.read() as snapshot:
        with pytest.raises(Unavailable) as refusal:
            await snapshot.fetch(project.insert().values(id=1).returning(project.c.id))
        assert re.search(r"read-?only", str(refusal.value.__cause__))
    async with database.read() as snapshot:
        assert await count(snapshot) == 0


async def test_a_writer_that_fails_leaves_nothing(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(project.insert().values(id=1))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    async with database.read() as snapshot:
        assert await count(snapshot) == 0


async def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "stats.db"
    async with open_database(f"sqlite:///{path}", timeout_seconds=60) as database:
        await database.migrate()
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(add(database, 1))
        await asyncio.sleep(0.3)
        assert not writing.done()
        blocker.execute("COMMIT")
        blocker.close()
        await writing
        async with database.read() as snapshot:
            assert await count(snapshot) == 1


async def test_a_pool_that_is_in_use_is_refused(impatient: Database) -> None:
    # PostgreSQL keeps one more connection, for a writer.
    held = [impatient.read() for _ in range(CONNECTIONS + 1)]
    refused: list[Snapshot] = []
    for snapshot in held:
        try:
            await count(snapshot)
        except Unavailable:
            refused.append(snapshot)
    async with impatient.read() as late:
        with pytest.raises(Unavailable, match="try again in a moment"):
            await count(late)
    assert len(refused) <= 1
    await asyncio.gather(*(snapshot.close() for snapshot in held))
    async with impatient.read() as snapshot:
        assert await count(snapshot) == 0


async def test_more_answers_than_connections_take_turns(small: Database) -> None:
    async def answer(number: int) -> int:
        async with small.read() as snapshot:
            counts = [await count(snapshot) for _ in range(3)]
            assert len(set(counts)) == 1
        if number % 10 == 0:
            await add(small, number + 1)
        return counts[0]

    async with asyncio.timeout(120):
        counts = await asyncio.gather(*(answer(number) for number in range(60)))
    assert 0 <= min(counts) <= max(counts) <= 6
    async with small.read() as snapshot:
        assert await count(snapshot) == 6


async def test_more_writers_than_connections_take_turns(small: Database) -> None:
    async with asyncio.timeout(120):
        await asyncio.gather(*(add(small, number) for number in range(1, 41)))
    async with small.read() as snapshot:
        assert await count(snapshot) == 40


async def slow(database: Database) -> Executable:
    """A statement that runs for some 300 milliseconds."""
    if await dialect(database) == "postgresql":
        return text("SELECT pg_sleep(0.3)")
    return text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500000)"
        " SELECT max(i) FROM n"
    )


async def test_a_read_that_is_cancelled_gives_its_connection_back(small: Database) -> None:
    statement = await slow(small)

    async def read() -> None:
        async with small.read() as snapshot:
            await snapshot.fetch(statement)

    cancelled = 0
    for _ in range(2 * CONNECTIONS):
        running = asyncio.create_task(read())
        await asyncio.sleep(0.02)
        # On a machine that was busy elsewhere the statement may be done already.
        if running.cancel():
            with pytest.raises(asyncio.CancelledError):
                await running
            cancelled += 1
    assert cancelled
    held = [small.read() for _ in range(CONNECTIONS)]
    assert await asyncio.gather(*(count(snapshot) for snapshot in held)) == [0] * CONNECTIONS
    await asyncio.gather(*(snapshot.close() for snapshot in held))


async def test_a_read_that_is_cancelled_while_it_waits_takes_no_connection(small: Database) -> None:
    held = [small.read() for _ in range(CONNECTIONS)]
    for snapshot in held:
        await count(snapshot)

    async def read() -> None:
        async with small.read() as snapshot:
            await count(snapshot)

    waiting = [asyncio.create_task(read()) for _ in range(5)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*(snapshot.close() for snapshot in held))
    async with small.read() as one, small.read() as other:
        assert await asyncio.gather(count(one), count(other)) == [0, 0]


async def test_a_write_whose_caller_goes_away_is_done_whole_or_not_at_all(
    database: Database,
) -> None:
    started, gone = threading.Event(), threading.Event()

    def insert(connection: Connection) -> None:
        connection.execute(project.insert().values(id=1))
        started.set()
        gone.wait(0.2)
        connection.execute(project.insert().values(id=2))

    writing = asyncio.create_task(database.write(insert))
    await asyncio.to_thread(started.wait, 60)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    gone.set()
    await add(database, 1000)
    async with database.read() as snapshot:
        assert await count(snapshot) in (1, 3)


async def test_a_statement_error_does_not_harm_the_next_snapshot(small: Database) -> None:
    for _ in range(2 * CONNECTIONS):
        async with small.read() as snapshot:
            with pytest.raises(DBAPIError):
                await snapshot.fetch(text("SELECT no_such_column FROM project"))
    async with small.read() as snapshot:
        assert await count(snapshot) == 0


ENDLESS = {
    "sqlite": "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) "
    "SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


async def test_who_still_reads_when_a_snapshot_is_left_is_stopped(database_url: str) -> None:
    """As the loaders of an operation do, which read in tasks of their own."""
    endless = text(ENDLESS[database_url.partition(":")[0]])
    async with open_database(database_url, timeout_seconds=600) as database:
        await database.migrate()
        async with database.read() as snapshot:
            reading = [asyncio.create_task(snapshot.fetch(endless)) for _ in range(2)]
            # Once, so that both have asked and one of them has its turn.
            await asyncio.sleep(0)
        assert snapshot.statements == 1
        ended = await asyncio.gather(*reading, return_exceptions=True)
        assert [type(error) for error in ended] == [asyncio.CancelledError] * 2
        async with database.read() as snapshot:
            assert [tuple(row) for row in await snapshot.fetch(text("SELECT 1"))] == [(1,)]


@pytest.mark.parametrize("apart", [(), (0,), (0, 1)])
async def test_no_more_rows_are_read_than_the_limit_and_one(
    database: Database, apart: tuple[int, ...]
) -> None:
    for project_id in range(1, 8):
        await add(database, project_id)
    all_ids = select(project.c.id).order_by(project.c.id)
    first = select(project.c.id).order_by(project.c.id).limit(2)

    async def read(limit: int) -> list[int]:
        async with database.read() as snapshot:
            snapshot.row_limit = limit
            found = await snapshot.fetch_together([(all_ids, {}), (first, {})], apart=apart)
            assert sorted(row[0] for row in found[1]) == [1, 2]
            return sorted(row[0] for row in found[0])

    assert await read(9) == [1, 2, 3, 4, 5, 6, 7]
    with pytest.raises(TooManyRows) as refused:
        await read(6)
    assert refused.value.extensions == {"code": "TOO_MANY_VALUES", "limit": 6}
