import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db import Database, open_database


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    file = shutil.copy(sqlite_template, tmp_path / "stats.db")
    async with open_database(f"sqlite:///{file}") as opened:
        yield opened
