"""A primary with two hot standbys, and gateways in this process that read from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from gateway.app import create_app
from gateway.auth.keys import write_new_keys
from gateway.db import open_database
from gateway.db.server_checks import ServerChecks
from gateway.directory.load import load_directory
from gateway.services import Services
from gateway.settings import Settings
from tests.conftest import administer
from tests.graphql.live.reading import STREAM, STREAM_SETTINGS
from tests.postgres import running_postgres, running_standby
from tests.replicas.doors import FIRST, LAST, Site
from tests.server import DEADLINE_SECONDS, Server, serving
from tests.stream_events import classification

#: What no other test of these servers counts: each begins with a project of its own.
COUNTED = "query ($id: ID!) { project(id: $id) { classifications { totalCount } } }"


async def asked(url: str, question: str) -> Any:
    """The only value of the answer of a server."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)


async def until_asked(url: str, question: str) -> None:
    """Wait until a server says yes."""
    await until(lambda: asked(url, question))


class Cluster(NamedTuple):
    """Servers, the primary and its standbys, and their URLs."""

    primary: Any
    standbys: tuple[Any, Any]

    @property
    def url(self) -> str:
        url: str = self.primary.get_uri()
        return url

    @property
    def standby_urls(self) -> tuple[str, str]:
        one, other = (standby.get_uri() for standby in self.standbys)
        return one, other

    async def caught_up(self, *urls: str) -> None:
        """Wait until these standbys, or both, have all that was written so far."""
        written = await asked(self.url, "SELECT pg_current_wal_lsn()::text")
        for url in urls or self.standby_urls:
            await until_asked(url, f"SELECT pg_last_wal_replay_lsn() >= '{written}'")

    async def pause(self, url: str) -> None:
        """Let a standby replay nothing until it is resumed."""
        await administer(url, "SELECT pg_wal_replay_pause()")
        await until_asked(url, "SELECT pg_get_wal_replay_pause_state() = 'paused'")

    async def resume(self, url: str) -> None:
        # Replay goes on at once, and may cancel the very statement that has let it.
        with suppress(asyncpg.SerializationError):
            await administer(url, "SELECT pg_wal_replay_resume()")

    @asynccontextmanager
    async def paused(self, url: str) -> AsyncIterator[None]:
        """Let a standby replay nothing meanwhile."""
        try:
            await self.pause(url)
            yield
        finally:
            await self.resume(url)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_postgres() as primary:
        settings = (
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            # What holds up a standby is cancelled at once.
            "ALTER SYSTEM SET max_standby_streaming_delay = 0",
            "SELECT pg_reload_conf()",
        )
        asyncio.run(administer(primary.get_uri(), *settings))
        with running_standby(primary, "one") as one, running_standby(primary, "two") as two:
            made = Cluster(primary, (one, two))
            asyncio.run(_migrated(made))
            yield made


async def _migrated(cluster: Cluster) -> None:
    async with open_database(cluster.url) as database:
        await database.migrate()
    await cluster.caught_up()


class Gateway(NamedTuple):
    """A gateway in this process and what asks it."""

    services: Services
    client: httpx.AsyncClient

    @property
    def checks(self) -> ServerChecks:
        checks = self.services.database_checks
        assert isinstance(checks, ServerChecks)
        return checks

    @property
    def role(self) -> str:
        servers = self.services.database.read_servers
        assert servers is not None
        return servers.server.role

    async def store(self, *event_ids: int, project: int) -> httpx.Response:
        """Have it count these classifications of a project."""
        created = "2024-02-29T12:00:00.000Z"
        events = [classification(one, created, project=project, workflow=1) for one in event_ids]
        return await self.client.post("/kinesis", json={"payload": events}, auth=STREAM)

    async def ask(self, project: int, **headers: str) -> httpx.Response:
        """Ask how many classifications a project has."""
        body = {"query": COUNTED, "variables": {"id": str(project)}}
        return await self.client.post("/graphql", json=body, headers=headers)

    async def total(self, project: int, **headers: str) -> int:
        """How many classifications it says that a project has; there is to be no error."""
        response = await self.ask(project, **headers)
        content = response.json()
        assert response.status_code == 200, content
        assert "errors" not in content, content
        return int((content["data"]["project"] or _NOTHING)["classifications"]["totalCount"])


_NOTHING = {"classifications": {"totalCount": 0}}

#: A gateway of the cluster with these settings, its standbys in the order of their names.
OpenGateway = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def gateway_of(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> OpenGateway:
    monkeypatch.setattr("gateway.db.configuration._preferred", lambda urls: urls)
    return opened


@asynccontextmanager
async def opened(url: str, standbys: tuple[str, ...], **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway that reads from standbys, the first of which it prefers."""
    app = create_app(
        Settings(
            database_url=url,
            read_database_urls=" ".join(standbys),
            stream_username=STREAM[0],
            stream_password=STREAM[1],
            **settings,
        )
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield Gateway(app.state.services, client)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged of moves between servers."""
    return [one.getMessage() for one in caplog.records if one.name == "gateway.db.read_servers"]


@pytest.fixture(scope="module")
def server_at_a_standby(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    asyncio.run(_with_groups(cluster))
    folder = tmp_path_factory.mktemp("doors")
    write_new_keys(folder / "keys")
    with serving_at_a_standby(cluster, folder) as server:
        yield server


@contextmanager
def serving_at_a_standby(cluster: Cluster, folder: Path, **more: str) -> Iterator[Server]:
    """A gateway as a process of its own, which reads from the first standby."""
    settings = {
        "STATS_GATEWAY_DATABASE_URL": cluster.url,
        "STATS_GATEWAY_READ_DATABASE_URLS": cluster.standby_urls[0],
        "STATS_GATEWAY_READ_LAG_SECONDS": "3600",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": f"{folder}/keys/public.pem",
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_INCREMENTAL_DELIVERY": "true",
        "STATS_GATEWAY_BATCH_LIMIT": "2",
        "STATS_GATEWAY_LIVE_SECONDS": "0.05",
        **STREAM_SETTINGS,
        **more,
    }
    with serving(folder, **settings) as server:
        yield server


async def _with_groups(cluster: Cluster) -> None:
    numbers = range(FIRST, LAST)
    document = {
        "user_groups": [{"id": one, "stats_visibility": "public_show_all"} for one in numbers],
        "users": [{"id": one, "login": f"u{one}"} for one in numbers],
    }
    async with open_database(cluster.url) as database:
        await database.write(lambda connection: load_directory(connection, document))


@pytest.fixture
async def site(server_at_a_standby: Server) -> AsyncIterator[Site]:
    server = server_at_a_standby
    key = (server.log.parent / "keys" / "private.pem").read_bytes()
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        yield Site(server, key, client)
