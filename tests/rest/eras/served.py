"""A served gateway that holds the recorded events and directory, and who may ask it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from tests.server import environment, run_command, serving

GOLDEN = Path(__file__).parents[2] / "golden"
STREAM = ("stream", "open sesame")
ADMIN = 1001
BATCH = 500
BROKEN = {
    "bad-token": "Bearer no.good.token",
    "not-bearer": "Basic dXNlcjpwYXNzd29yZA==",
    # As a server sees it: white space at the end of a header is not part of it.
    "empty-bearer": "Bearer",
}


def recorded(name: str) -> list[Any]:
    lines = gzip.decompress((GOLDEN / f"{name}.ndjson.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


class Gateway:
    """Asks a server over HTTP as somebody."""

    def __init__(self, client: httpx.Client, keys: KeyPair) -> None:
        self.client = client
        self._private_key = keys.private.read_bytes()
        self._tokens: dict[int, str] = {}

    def get(self, path: str, who: str | int = "anonymous", **options: Any) -> httpx.Response:
        """Ask as ``anonymous``, a user id, ``admin``, or one of the broken credentials."""
        return self.client.get(path, headers=self.headers(who), **options)

    def get_as_written(self, target: str, who: str | int) -> tuple[int, bytes]:
        """Status and body for a target of any length, which no client has tidied up."""
        url = self.client.base_url
        with closing(HTTPConnection(url.host, url.port, timeout=60)) as connection:
            connection.request("GET", target, headers=self.headers(who))
            response = connection.getresponse()
            return response.status, response.read()

    def headers(self, who: str | int) -> dict[str, str]:
        if who == "anonymous":
            return {}
        if who in BROKEN:
            return {"Authorization": BROKEN[str(who)]}
        return {"Authorization": f"Bearer {self.token(ADMIN if who == 'admin' else int(who))}"}

    def token(self, user_id: int) -> str:
        if user_id not in self._tokens:
            expires = datetime.now(UTC) + timedelta(hours=1)
            self._tokens[user_id] = issue_token(
                self._private_key, user_id, f"user{user_id}", "", user_id == ADMIN, expires
            )
        return self._tokens[user_id]

    def ask(self, query: str) -> Any:
        """The data of a GraphQL query, as the site admin."""
        answer = self.client.post("/graphql", json={"query": query}, headers=self.headers("admin"))
        return answer.json()["data"]


@contextmanager
def served(folder: Path, database_url: str) -> Iterator[Gateway]:
    """A server to which the events were sent in batches, and the directory loaded beside it."""
    keys = write_new_keys(folder / "keys")
    settings = {
        "STATS_GATEWAY_DATABASE_URL": database_url,
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
        "STATS_GATEWAY_STREAM_USERNAME": STREAM[0],
        "STATS_GATEWAY_STREAM_PASSWORD": STREAM[1],
    }
    with serving(folder, **settings) as server:
        url = server.url.removesuffix("/graphql")
        with httpx.Client(base_url=url, timeout=60) as client:
            events = recorded("events")
            for start in range(0, len(events), BATCH):
                batch = {"payload": events[start : start + BATCH]}
                assert client.post("/kinesis", json=batch, auth=STREAM).status_code == 204
            load = ["directory", "load", str(GOLDEN / "panoptes.json")]
            run_command(load, environment(folder, settings)).check_returncode()
            yield Gateway(client, keys)
        assert "Traceback" not in server.log.read_text()


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL server."""
    name = f"test_{uuid4().hex}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name}"))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(server_url: str, statement: str) -> None:
    url = make_url(server_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
