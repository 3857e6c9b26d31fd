from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.db import Database, open_database
from tests.conftest import made_database
from tests.events_of import clear
from tests.groups.people import MovingClock, Town


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database for all tests here: to empty one is faster than to make one."""
    with made_database(postgres_server) as url:
        yield url


@pytest.fixture
async def postgres_url(shared_postgres_url: str) -> str:
    """The URL of a database with tables and without rows."""
    async with open_database(shared_postgres_url) as opened:
        await opened.write(clear)
    return shared_postgres_url


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def database(database_url: str, clock: MovingClock) -> AsyncIterator[Database]:
    """A migrated database, of each kind in turn, whose clock the test moves."""
    async with open_database(database_url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def town(database: Database) -> Town:
    """People and a service over both kinds of databases."""
    return await Town(database).settle()
