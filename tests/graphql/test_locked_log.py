"""While only the change log is locked, answers are right, uncached, and soon wait for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.auth.viewer import Viewer
from gateway.changes.feed import ChangeFeed
from gateway.db import Database, open_database
from tests.changes.positions import Clock, try_again
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.copies import DIRECTORY
from tests.loaders.test_never_stale import entries

TOTAL = "query ($id: ID!) { userGroup(id: $id) { name classifications { totalCount } } }"
VIEWER = Viewer(id=7)
#: How long a read of the log may take here.
READ_SECONDS = 0.3


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url) as opened:
        await opened.write(entries(**DIRECTORY))
        await store(opened, classification(1, groups=(501,)))
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def gateway(database: Database, clock: Clock) -> AsyncIterator[Gateway]:
    changes = ChangeFeed(database, READ_SECONDS, clock)
    async with Gateway(database, changes=changes) as opened:
        yield opened


@pytest.fixture
async def another(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """Sessions that are not the gateway's."""
    engine = create_async_engine(postgres_url.replace("postgresql", "postgresql+asyncpg", 1))
    yield engine
    await engine.dispose()


@asynccontextmanager
async def locked(engine: AsyncEngine) -> AsyncIterator[None]:
    async with engine.begin() as session:
        await session.execute(text("LOCK TABLE change_log IN ACCESS EXCLUSIVE MODE"))
        yield


async def reads_begun(feed: ChangeFeed, number: int) -> None:
    """Return once so many reads of the log have begun."""
    for _ in range(3000):
        if feed.reads >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"Only {feed.reads} reads have begun.")


async def test_only_the_first_request_waits_for_a_read_of_the_log(
    gateway: Gateway, another: AsyncEngine, clock: Clock
) -> None:
    right = await gateway.answer(TOTAL, VIEWER, id="501")
    assert await gateway.answer(TOTAL, VIEWER, id="501") == right
    hits, reads = gateway.hits, gateway.changes.reads
    async with locked(another):
        assert await gateway.answer(TOTAL, VIEWER, id="501") == right
        assert gateway.changes.reads == reads + 1
        for _ in range(3):
            assert await gateway.answer(TOTAL, VIEWER, id="501") == right
            assert await gateway.answer(TOTAL, Viewer(id=8), id="501") == right
        assert gateway.changes.reads == reads + 1
        # Nor does anybody wait for the read in the background that comes to nothing.
        await try_again(gateway.changes, clock)
        assert await gateway.answer(TOTAL, VIEWER, id="501") == right
        assert gateway.changes.reads == reads + 2
        assert gateway.hits == hits
    await try_again(gateway.changes, clock)
    assert await gateway.answer(TOTAL, VIEWER, id="501") == right
    assert gateway.hits == hits + 1


@pytest.mark.parametrize("viewer", [Viewer(id=8), Viewer(is_site_admin=True, id=9)])
@pytest.mark.parametrize("group", ["501", "502"])
async def test_who_asks_first_for_what_is_not_cached_is_answered_as_well(
    gateway: Gateway, another: AsyncEngine, clock: Clock, group: str, viewer: Viewer
) -> None:
    """Their own statements read the log too: of memberships (501 is cached), or the snapshot."""
    right = await gateway.truth(TOTAL, viewer, id=group)
    await gateway.answer(TOTAL, VIEWER, id="501")
    async with locked(another):
        assert await gateway.answer(TOTAL, viewer, id=group) == right
        assert gateway.changes.failed == 1
        assert gateway.database.pool.in_use == 0


async def test_what_changes_under_an_open_breaker_is_not_missed(
    gateway: Gateway, another: AsyncEngine, clock: Clock
) -> None:
    old = await gateway.answer(TOTAL, VIEWER, id="501")
    assert await gateway.answer(TOTAL, VIEWER, id="501") == old
    async with locked(another):
        assert await gateway.answer(TOTAL, VIEWER, id="501") == old
    await store(gateway.database, classification(2, groups=(501,)))
    new = await gateway.truth(TOTAL, VIEWER, id="501")
    assert new != old
    assert await gateway.answer(TOTAL, VIEWER, id="501") == new
    # What was read under it was not stored: the entry is the old one, and does not hold.
    hits = gateway.hits
    await try_again(gateway.changes, clock)
    assert await gateway.answer(TOTAL, VIEWER, id="501") == new
    assert gateway.hits == hits
    assert await gateway.answer(TOTAL, VIEWER, id="501") == new
    assert gateway.hits == hits + 1


async def test_a_slow_statement_alone_opens_nothing(gateway: Gateway, another: AsyncEngine) -> None:
    right = await gateway.truth(TOTAL, VIEWER, id="501")
    async with another.begin() as session:
        await session.execute(text("LOCK TABLE user_group IN ACCESS EXCLUSIVE MODE"))
        asked = asyncio.create_task(gateway.answer(TOTAL, VIEWER, id="501"))
        await reads_begun(gateway.changes, 2)
    assert await asked == right
    assert gateway.changes.failed == 0
    assert await gateway.answer(TOTAL, VIEWER, id="501") == right
    assert gateway.hits == 1
