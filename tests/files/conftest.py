"""A server process on each database, with everybody, hostile names and a large group in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Connection

from gateway.auth.api_keys import NewApiKey, new_api_key
from gateway.db import open_database
from gateway.directory.api_keys import add_api_key
from gateway.directory.load import load_directory
from tests.auth.conftest import pair
from tests.authorization.people import ASKING, fill
from tests.authorization.served import tokens_of
from tests.conftest import made_database
from tests.events_of import classification, store
from tests.files.gateway import Gateway
from tests.files.hostile import hostile_directory, hostile_events
from tests.server import serving

#: A public group with more contributors than a page has, and in so many projects that its file is
#: larger than what systems hold for who does not read.
LARGE, CONTRIBUTORS, PROJECTS = 61, 1_100, 1_200
SETTINGS = {"STATS_GATEWAY_DATABASE_CONNECTIONS": "1", "STATS_GATEWAY_LOG_LEVEL": "debug"}


@pytest.fixture(scope="module")
def postgres_of_module(postgres_server: str) -> Iterator[str]:
    """The URL of a database that outlives single tests."""
    with made_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("files")
    url = f"sqlite:///{folder}/served.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_of_module")
    ours = pair()
    (folder / "public.pem").write_bytes(ours.public_pem)
    now_us = time.time_ns() // 1000
    keys = {
        name: new_api_key(name, viewer.scopes, now_us)
        for name, viewer in ASKING.items()
        if viewer.api_key_id is not None
    }
    asyncio.run(_fill(url, keys))
    credentials = {"anonymous": None, **tokens_of(ours), **{k: key.text for k, key in keys.items()}}
    settings = {
        **SETTINGS,
        "STATS_GATEWAY_DATABASE_URL": url,
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": f"{folder}/public.pem",
    }
    with serving(folder, **settings) as server, httpx.Client(timeout=60) as client:
        yield Gateway(server, credentials, settings, client)


async def _fill(url: str, keys: dict[str, NewApiKey]) -> None:
    async with open_database(url) as database:
        await database.migrate()
        await fill(database)

        def load(connection: Connection) -> None:
            for key in keys.values():
                add_api_key(connection, key.stored)
            load_directory(connection, hostile_directory())
            load_directory(connection, _large_directory())

        await database.write(load)
        await store(database, *hostile_events(), *_large_events())


def _large_directory() -> dict[str, object]:
    return {
        "user_groups": [{"id": LARGE, "name": "large", "stats_visibility": 4}],
        "users": [{"id": 20_000 + one, "login": f"many-{one}"} for one in range(CONTRIBUTORS)],
        "projects": [
            {
                "id": 5_000 + one,
                "slug": f"zoo/project-{one}",
                "display_name": f"Project {one % 900}",
            }
            for one in range(PROJECTS)
        ],
    }


def _large_events() -> Iterator[object]:
    for one in range(max(CONTRIBUTORS, PROJECTS)):
        yield classification(
            1_000_000 + one,
            user=20_000 + one % CONTRIBUTORS,
            project=5_000 + one % PROJECTS,
            workflow=7_000 + one % PROJECTS,
            session_ms=1_000 * (one % 7),
            groups=(LARGE,),
        )
