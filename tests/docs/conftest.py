"""Who answers the examples of the documents: one demo, or a gateway that decides about groups."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.db import Database
from tests.demo import Demo, running_demo
from tests.resolvers.mutations.village import Village, village


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
async def people(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    async with village(database, database_url, tmp_path) as opened:
        yield opened
