"""A change feed whose pauses after failures pass when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from tests.changes.positions import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def feed(database: Database, clock: Clock) -> AsyncIterator[ChangeFeed]:
    async with ChangeFeed(database, clock=clock) as opened:
        yield opened
