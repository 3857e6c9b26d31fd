"""An application with public and private groups, and who looks at what is embedded of them.

What it reads the API reads, whose own tests have each database.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import open_database
from gateway.directory.load import load_directory
from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from gateway.settings import Settings
from tests.events_of import classification, comment

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
ADA = 7
GALAXIES, WHALES, UNNAMED = 11, 12, 13
OPEN, CLOSED, CLOSED_TO_ALL = 1, 2, 3
#: An id that nothing has.
NONE = 99

DIRECTORY: dict[str, Any] = {
    "users": [{"id": ADA, "login": "ada"}],
    "projects": [
        {"id": GALAXIES, "display_name": "Galaxies"},
        {"id": WHALES, "display_name": "Whales"},
        {"id": UNNAMED, "slug": "zoo/unnamed"},
    ],
    "user_groups": [
        {
            "id": OPEN,
            "name": "owls",
            "display_name": "Wild owls",
            "stats_visibility": "public_agg_only",
        },
        {"id": CLOSED, "name": "moths", "stats_visibility": "private_show_agg_and_ind"},
        {"id": CLOSED_TO_ALL, "name": "bats", "stats_visibility": "private_agg_only"},
    ],
    "memberships": [
        {"user_id": ADA, "user_group_id": group, "state": "active", "roles": roles}
        for group, roles in ((OPEN, []), (CLOSED, []), (CLOSED_TO_ALL, ["group_admin"]))
    ],
}
#: Days of classifications in one project: over more than four years, and within each usual range.
_LONG = ("2019-03-05", "2024-02-29", "2025-08-01", "2026-06-01", "2026-06-18", "2026-06-20")


def write(connection: Connection) -> None:
    load_directory(connection, DIRECTORY)
    groups = (OPEN, CLOSED, CLOSED_TO_ALL)
    rows = [
        classification(
            number,
            f"{day}T12:00",
            user=(ADA, 8, None)[number % 3],
            project=GALAXIES,
            groups=groups if number % 3 < 2 else (),
        )
        for number, day in enumerate(_LONG * 3, 1)
    ]
    short = ("2025-11-05", "2026-02-07", "2026-06-17", "2026-06-17")
    rows += [
        classification(100 + number, f"{day}T08:00", project=WHALES, session_ms=1_234_567)
        for number, day in enumerate(short)
    ]
    rows.append(classification(200, "2026-01-01T08:00", project=UNNAMED))
    comments = [comment(number, "2026-06-17T12:00", project=GALAXIES) for number in (1, 2, 3)]
    apply_batch(connection, Batch(classifications=rows, comments=comments))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return write_new_keys(tmp_path_factory.mktemp("keys"))


class Serve(Protocol):
    """Opens the application with more settings, for a client."""

    async def __call__(self, **more: Any) -> httpx.AsyncClient: ...


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database to copy: that costs less than to write it."""
    path = tmp_path_factory.mktemp("embedded") / "written.db"
    asyncio.run(_write(f"sqlite:///{path}"))
    return path


async def _write(url: str) -> None:
    async with open_database(url) as database:
        await database.migrate()
        await database.write(write)


@pytest.fixture
def database_url(written: Path, tmp_path: Path) -> str:
    path = tmp_path / "stats.db"
    shutil.copy(written, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def serve(database_url: str, keys: KeyPair) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def serve(**more: Any) -> httpx.AsyncClient:
            given = {"jwt_public_key_file": str(keys.public), "pages": True, **more}
            settings = Settings(database_url=database_url, **given)
            app = create_app(settings, clock=lambda: NOW)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return await stack.enter_async_context(_client(app))

        yield serve


@pytest.fixture
async def client(serve: Serve) -> httpx.AsyncClient:
    return await serve()


def _client(app: Starlette, address: str = "10.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


def app_of(client: httpx.AsyncClient) -> Starlette:
    """The application that a client asks."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    app = transport.app
    assert isinstance(app, Starlette)
    return app


def from_another_address(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of the same application, somewhere else."""
    return _client(app_of(client), "10.0.0.2")


@pytest.fixture
def token(keys: KeyPair) -> dict[str, str]:
    """The headers of a member of all groups, who is a site admin as well."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(keys.private.read_bytes(), ADA, "ada", "Ada", True, expires)
    return {"authorization": f"Bearer {token}"}
