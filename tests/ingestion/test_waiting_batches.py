"""Batches that come while one is being stored go into the next transaction together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from gateway.db import Database, open_database
from gateway.db.tables import user as users
from gateway.errors import Unavailable
from gateway.events.event import Batch
from gateway.events.source import BATCH_SIZE
from gateway.events.stream import read_payload
from gateway.ingestion.intake import Intake
from gateway.ingestion.waiting_batches import WaitingBatches
from tests.events_of import classification
from tests.recount import recount, stored
from tests.rest.conftest import one

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BATCHES = 12


@asynccontextmanager
async def writer_busy(database_url: str) -> AsyncIterator[None]:
    """Another gateway's transaction that holds the writers' lock meanwhile."""
    begun, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        release.wait(120)

    async def write() -> None:
        async with open_database(database_url) as other:
            await other.write(hold)

    writer = threading.Thread(target=asyncio.run, args=(write(),))
    writer.start()
    await asyncio.to_thread(begun.wait)
    try:
        yield
    finally:
        release.set()
        await asyncio.to_thread(writer.join)


def intake_of(database: Database, timeout_seconds: float = 120) -> Intake:
    return Intake(database, timeout_seconds)


def send(intake: Intake, *events: object) -> asyncio.Task[None]:
    return asyncio.create_task(intake.take(read_payload(events, NOW)))


async def queued(intake: Intake, batches: int) -> None:
    async with asyncio.timeout(60):
        while intake.waiting < batches:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_batches_that_wait_are_stored_in_one_transaction_and_count_once(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions = []
    write = database.write

    async def counted(work: Callable[[Connection], Any]) -> Any:
        transactions.append(work)
        return await write(work)

    monkeypatch.setattr(database, "write", counted)
    intake = intake_of(database)
    async with writer_busy(database_url):
        first = send(intake, one(1))
        await queued(intake, 1)
        others = []
        for number in range(2, BATCHES + 1):
            # In their order, and event 1 in every one: the last of its copies holds.
            others.append(send(intake, one(number, user=number), one(1, seconds=number)))
            await queued(intake, number)
    await asyncio.gather(first, *others)
    found = await stored(database)
    assert found.rollups == recount(found.events.values(), {})
    assert len(found.events) == BATCHES
    assert found.events["classification", 1].session_ms == 1000 * BATCHES
    assert len(transactions) == 2
    counters = intake.counters
    assert (counters.batches, counters.taken) == (BATCHES, 2 * BATCHES - 1)
    assert (counters.stored, counters.replaced) == (BATCHES, BATCHES - 1)


async def test_names_of_all_that_wait_are_learned_and_the_last_holds(
    database: Database, database_url: str
) -> None:
    intake = intake_of(database)
    async with writer_busy(database_url):
        tasks = [send(intake, one(1))]
        await queued(intake, 1)
        for number, login in enumerate(("ada", "ada.lovelace"), 2):
            linked = {"users": [{"id": 7, "login": login}]}
            tasks.append(send(intake, one(number, linked=linked)))
            await queued(intake, number)
    await asyncio.gather(*tasks)
    async with database.read() as snapshot:
        rows = await snapshot.fetch(select(users.c.id, users.c.login))
    assert [tuple(row) for row in rows] == [(7, "ada.lovelace")]


async def test_a_batch_that_has_waited_too_long_is_refused_and_never_stored(
    database: Database, database_url: str
) -> None:
    intake = intake_of(database, timeout_seconds=0.3)
    async with writer_busy(database_url):
        first = send(intake, one(1))
        await queued(intake, 1)
        second = send(intake, one(2))
        with pytest.raises(Unavailable, match="Too many batches are waiting"):
            await second
        assert intake.waiting == 1
    # It was being stored already: whether it is, is worth waiting for.
    await first
    assert [*(await stored(database)).events] == [("classification", 1)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_batch_that_meets_a_defect_does_not_sink_the_others(
    database: Database, database_url: str
) -> None:
    trigger = """CREATE TRIGGER defect BEFORE INSERT ON classification WHEN NEW.id = 3
        BEGIN SELECT RAISE(ABORT, 'a defect'); END"""
    await database.write(lambda connection: connection.execute(text(trigger)))
    intake = intake_of(database)
    async with writer_busy(database_url):
        tasks = [send(intake, one(1))]
        await queued(intake, 1)
        for number in (2, 3, 4):
            tasks.append(send(intake, one(number)))
            await queued(intake, number)
    fates = await asyncio.gather(*tasks, return_exceptions=True)
    assert ["a defect" in str(fate) for fate in fates] == [False, False, True, False]
    assert [event_id for _, event_id in (await stored(database)).events] == [1, 2, 4]


async def test_what_is_stored_together_is_bounded() -> None:
    waiting = WaitingBatches()
    sizes = (BATCH_SIZE + 1, BATCH_SIZE, BATCH_SIZE - 1, 1, 1)
    for size in sizes:
        waiting.add(Batch(classifications=[classification(1)] * size))
    taken = []
    while together := waiting.take():
        taken.append([len(one.batch) for one in together])
    assert taken == [[BATCH_SIZE + 1], [BATCH_SIZE], [BATCH_SIZE - 1, 1], [1]]
