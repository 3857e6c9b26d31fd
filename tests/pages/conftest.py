"""A served group with three classifications, and Debian's Chromium to look at it with."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request
from sqlalchemy import Connection

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import open_database
from gateway.directory.store_names import store_names
from gateway.events.event import Batch, Classification, Names
from gateway.rollups.apply_batch import apply_batch
from tests.browser import chromium, listen
from tests.graphql.live.reading import STREAM, STREAM_SETTINGS
from tests.packages import GRAPHIQL, built_wheel, copied_packages
from tests.server import serving
from tests.stream_events import comment

MORNING = 1_700_000_000_000_000
ADA = 77


class Served(NamedTuple):
    url: str
    token: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway without GraphiQL, which has the small page alone."""
    folder = tmp_path_factory.mktemp("served")
    with _serving(folder, copied_packages(folder / "packages")) as served:
        yield served


@pytest.fixture(scope="session")
def wheel_with_graphiql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel with GraphiQL in it, unpacked."""
    return built_wheel(GRAPHIQL, tmp_path_factory.mktemp("graphiql"))


@pytest.fixture(scope="module")
def served_graphiql(
    wheel_with_graphiql: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with _serving(tmp_path_factory.mktemp("served"), wheel_with_graphiql) as served:
        yield served


@contextmanager
def _serving(folder: Path, packages: Path) -> Iterator[Served]:
    """Serve these packages, whatever is installed."""
    keys = write_new_keys(folder / "keys")
    asyncio.run(_fill(f"sqlite:///{folder}/served.db"))
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(keys.private.read_bytes(), ADA, "ada", "Ada", False, expires)
    public_key = {"STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public)}
    settings = {**public_key, **STREAM_SETTINGS, "PYTHONPATH": str(packages)}
    with serving(folder, **settings) as server:
        yield Served(server.url, token)


async def _fill(url: str) -> None:
    def store(connection: Connection) -> None:
        rows = [Classification(n, MORNING, None, ADA, 5, 6, 1500, ()) for n in (1, 2, 3)]
        apply_batch(connection, Batch(classifications=rows))
        store_names(connection, Names({ADA: "ada"}, {5: "Galaxies"}, {6: (5, "Shapes")}))

    async with open_database(url) as database:
        await database.migrate()
        await database.write(store)


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    # After ``served`` and no longer than the module: while Playwright runs, asyncio.run cannot.
    with chromium() as browser:
        yield browser


class Visit(NamedTuple):
    """A page that was opened, what it asked for, and what it complained of."""

    page: Page
    requests: list[Request]
    complaints: list[str]


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    context = browser.new_context()
    page = context.new_page()
    visit = Visit(page, [], [])
    page.on("request", lambda request: visit.requests.append(request))
    listen(page, visit.complaints)
    page.goto(served.url)
    yield visit
    context.close()


def write_comment(served: Served, number: int) -> None:
    """Have Ada comment; each comment has a number of its own."""
    event = comment(number, "2024-02-29T12:00:00.000Z", user_id=ADA)
    url = served.url.replace("graphql", "kinesis")
    sent = httpx.post(url, json={"payload": [event]}, auth=STREAM, timeout=60)
    assert sent.is_success, sent.text
