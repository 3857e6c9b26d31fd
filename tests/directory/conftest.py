from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db import Database, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path / 'stats.db'}") as opened:
        await opened.migrate()
        yield opened
