"""A filled database: made once, opened by each test, written by none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.db import Database, open_database
from tests.authorization.people import fill
from tests.authorization.served import Served, served_to_everybody


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Strawberry logs each refusal with its traceback, which the endpoint has it not do."""
    log = logging.getLogger("strawberry.execution")
    log.disabled = True
    yield
    log.disabled = False


@pytest.fixture(scope="session")
def filled_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an SQLite file with everybody in it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('authorization')}/stats.db"

    async def make() -> None:
        async with open_database(url) as database:
            await database.migrate()
            await fill(database)

    asyncio.run(make())
    return url


@pytest.fixture
async def filled(filled_url: str) -> AsyncIterator[Database]:
    """The database behind ``filled_url``."""
    async with open_database(filled_url) as database:
        yield database


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server process that everybody can ask."""
    with served_to_everybody(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
async def postgres_filled(postgres_url: str) -> AsyncIterator[Database]:
    """The same in PostgreSQL."""
    async with open_database(postgres_url) as database:
        await database.migrate()
        await fill(database)
        yield database
