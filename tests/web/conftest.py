"""The web application, built once, served to Debian's Chromium where nothing else may run."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import Connection

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import open_database
from tests.browser import chromium, listen
from tests.packages import WEB, built_wheel
from tests.server import serving
from tests.web.history import ADA, DIRECTORY, write_history
from tests.web.people import NewPerson, new_people


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Whoever comes first builds it from npm, and the others wait for that.
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


class Served(NamedTuple):
    """The root of a gateway with pages, without a slash at its end; and Ada's token."""

    root: str
    token: str
    database: Path
    private_key: bytes

    def token_of(self, user_id: int) -> str:
        """A token of somebody in the directory."""
        who = next(one for one in DIRECTORY["users"] if one["id"] == user_id)
        expires = datetime.now(UTC) + timedelta(hours=1)
        names = (str(who["login"]), str(who["display_name"]))
        return issue_token(self.private_key, user_id, *names, False, expires)

    def write(self, change: Callable[[Connection], object]) -> None:
        """Change its database from beside it, as another process would."""
        # In a thread of its own: Playwright has a loop in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _write(self.database, change)).result()


async def _write(path: Path, change: Callable[[Connection], object]) -> None:
    async with open_database(f"sqlite:///{path}") as database:
        await database.write(change)


@pytest.fixture(scope="session")
def wheel_with_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel with the web application in it, unpacked."""
    return built_wheel(WEB, tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def served(wheel_with_pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway that executes the operations of its pages, and no others."""
    folder = tmp_path_factory.mktemp("served")
    with serving_pages(folder, wheel_with_pages, write_history) as served:
        yield served._replace(token=served.token_of(ADA))


@contextmanager
def serving_pages(
    folder: Path, wheel: Path, write: Callable[[Connection], object], **more: str
) -> Iterator[Served]:
    """The same over what ``write`` writes, with more settings; nobody has a token yet."""
    database = folder / "served.db"
    asyncio.run(_fill(f"sqlite:///{database}", write))
    keys = write_new_keys(folder / "keys")
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "true",
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_PAGES": "true",
        "PYTHONPATH": str(wheel),
        **more,
    }
    with serving(folder, **settings) as server:
        root = server.url.removesuffix("/graphql")
        yield Served(root, "", database, keys.private.read_bytes())


async def _fill(url: str, write: Callable[[Connection], object]) -> None:
    async with open_database(url) as database:
        await database.migrate()
        await database.write(write)


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    # After ``served`` and no longer than the module: while Playwright runs, asyncio.run cannot.
    with chromium() as browser:
        yield browser


@pytest.fixture
def new_person(
    browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[NewPerson]:
    """Makes people with a browser each; pictures stay in a folder if the environment names one."""
    kept = os.environ.get("NEWCOMER_SCREENSHOTS")
    folder = Path(kept) / request.path.stem if kept else tmp_path
    with new_people(browser, folder) as made:
        yield made


class Visit(NamedTuple):
    """A tab, what it asked for, which sockets it opened, and what it complained of."""

    page: Page
    root: str
    requests: list[Request]
    sockets: list[str]
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Open a page by its address, and wait until it shows what it asked for."""
        self.page.goto(f"{self.root}{path}")
        expect(self.page.locator("main h1")).to_be_visible()
        expect(self.page.locator(".waiting")).to_have_count(0)
        return self.page

    def asked(self) -> list[Request]:
        """The GraphQL requests so far."""
        return [one for one in self.requests if "/graphql" in one.url]


@pytest.fixture
def visit(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab; parameters of the fixture are those of a browser's context."""
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    visit = Visit(page, served.root, [], [], [])
    listen(page, visit.complaints)
    page.on("request", lambda one: visit.requests.append(one))
    page.on("websocket", lambda one: visit.sockets.append(one.url))
    yield visit
    context.close()
