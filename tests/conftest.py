"""Both databases: a SQLite file of the test's own, and a real PostgreSQL server a process."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import Phase, settings
from sqlalchemy import make_url

from gateway.changes.feed import ChangeFeed
from gateway.db import Database, open_database
from gateway.http import starting
from tests.issued_tokens import no_token_is_written  # noqa: F401 (a fixture for all tests)
from tests.postgres import running_postgres
from tests.rsa_keys import make_keys_cheap

# No example is too slow: what it takes depends on the machine. CI tells of a failure at once:
# making its example smaller can take longer than all tests.
_PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target]
if os.environ.get("CI") is None:
    _PHASES += [Phase.shrink, Phase.explain]
settings.register_profile("any-machine", parent=settings(), deadline=None, phases=_PHASES)
settings.load_profile("any-machine")

# A shell may start this process in the background with Ctrl-C ignored, and what ignores it hands
# that on to the processes that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An application that is entered has its tables, however long a loaded machine takes to make them.
# Servers that are processes of their own begin to answer before that.
starting.FIRST_SECONDS = 120

# What somebody has built in the working copy must not decide what tests see. Those of the pages
# serve packages of their own, with the pages on.
os.environ["STATS_GATEWAY_PAGES"] = "false"

# Each client of httpx would read the certificates of all authorities, which takes longer than most
# of its requests here.
_httpx_transport = import_module("httpx._transports.default")
_httpx_transport.create_ssl_context = cache(_httpx_transport.create_ssl_context)  # type: ignore[attr-defined]

# A server closes what was idle for five seconds, just when a slow machine asks again.
import_module("httpx._config").DEFAULT_LIMITS.keepalive_expiry = 1

make_keys_cheap()

#: A database with the tables in it: copying it costs less than migrating an empty one.
TEMPLATE = "migrated"


def pytest_collection_finish() -> None:
    """Let no collection of garbage look at what is there for all tests: it would take a second."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL server, with a migrated database to copy."""
    with running_postgres(in_memory=True) as server:
        url = server.get_uri()
        # No test of this server cuts the power: it need not wait for the disk.
        asyncio.run(
            administer(
                url,
                "ALTER SYSTEM SET fsync = off",
                "ALTER SYSTEM SET full_page_writes = off",
                "SELECT pg_reload_conf()",
                f"CREATE DATABASE {TEMPLATE}",
            )
        )
        asyncio.run(migrate(at(url, TEMPLATE)))
        yield url


@pytest.fixture
async def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a database without rows that goes when the test ends.

    It has the tables, unless the test is marked ``empty_database``.
    """
    empty = request.node.get_closest_marker("empty_database") is not None
    url = await create_database(postgres_server, empty=empty)
    yield url
    await drop_database(postgres_server, url)


@contextmanager
def made_database(server: str) -> Iterator[str]:
    """The URL of a database of the server with the tables, for as many tests as are within."""
    url = asyncio.run(create_database(server))
    try:
        yield url
    finally:
        asyncio.run(drop_database(server, url))


async def create_database(server: str, *, empty: bool = False) -> str:
    """Make a database without rows; it has the tables unless it is to be empty."""
    name = f"test_{uuid4().hex}"
    # The template's files are copied: to log what is in them would take twice as long.
    copied = "" if empty else f" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
    await administer(server, f"CREATE DATABASE {name}{copied}")
    return at(server, name)


async def drop_database(server: str, url: str) -> None:
    await administer(server, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def at(server: str, name: str) -> str:
    """The URL of a database of the server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def administer(server: str, *statements: str) -> None:
    """Run statements that cannot be part of a transaction."""
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def migrate(url: str) -> None:
    async with open_database(url) as database:
        await database.migrate()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file without rows that has the tables."""
    file = tmp_path_factory.mktemp("sqlite") / f"{TEMPLATE}.db"
    # In a thread of its own: the first test that needs it may have a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(f"sqlite:///{file}")).result()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without rows, of each kind in turn; empty as ``postgres_url`` is."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    file = tmp_path / "stats.db"
    if request.node.get_closest_marker("empty_database") is None:
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
    return f"sqlite:///{file}"


@pytest.fixture
async def database(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A migrated database, of each kind in turn."""
    async with open_database(database_url) as opened:
        if request.node.get_closest_marker("empty_database") is not None:
            await opened.migrate()
        yield opened


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    """The change feed of a process over this database."""
    async with ChangeFeed(database) as opened:
        yield opened
