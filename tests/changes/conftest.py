"""A feed of a migrated database, of each kind in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.changes.feed import ChangeFeed
from gateway.db import Database


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    async with ChangeFeed(database) as opened:
        yield opened
