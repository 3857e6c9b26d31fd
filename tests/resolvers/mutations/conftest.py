from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db import Database
from tests.resolvers.mutations.village import Village, migrated, village


@pytest.fixture
async def stored(database_url: str) -> AsyncIterator[Database]:
    """The database below the village."""
    async with migrated(database_url) as database:
        yield database


@pytest.fixture
async def people(stored: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    """Everybody, with a gateway over each kind of database."""
    async with village(stored, database_url, tmp_path) as opened:
        yield opened
