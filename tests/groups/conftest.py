from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.db import Database, open_database
from tests.groups.people import MovingClock, Town


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def database(database_url: str, clock: MovingClock) -> AsyncIterator[Database]:
    """A migrated database, of each kind in turn, whose clock the test moves."""
    async with open_database(database_url, clock=clock) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
async def town(database: Database) -> Town:
    """People and a service over both kinds of databases."""
    return await Town(database).settle()
