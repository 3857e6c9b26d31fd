"""The application as ``serve`` runs it, over each database in turn, and who asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.settings import Settings
from tests.stream_events import Event, classification

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
USERNAME, PASSWORD = "stream", "öpen:sesame"
BODY_LIMIT = 1_000_000

#: Answers with the data of a query, as a site admin sees it.
Ask = Callable[..., Awaitable[Any]]
#: Sends events with the right credentials.
Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return write_new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def timeout_seconds() -> float:
    """How long a statement may run and a writer may wait; tests parametrize it."""
    return 60


@pytest.fixture
def settings(database_url: str, keys: KeyPair, timeout_seconds: float) -> Settings:
    return Settings(
        database_url=database_url,
        database_timeout_seconds=timeout_seconds,
        jwt_public_key_file=str(keys.public),
        stream_username=USERNAME,
        stream_password=PASSWORD,
        stream_max_body_bytes=BODY_LIMIT,
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Starlette]:
    app = create_app(settings, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def send(client: httpx.AsyncClient) -> Send:
    async def send(*events: Event | object) -> httpx.Response:
        body = {"payload": list(events)}
        return await client.post("/kinesis", json=body, auth=(USERNAME, PASSWORD))

    return send


@pytest.fixture
def token(keys: KeyPair) -> str:
    """A site admin's."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    return issue_token(keys.private.read_bytes(), 1, "root", "Root", True, expires)


@pytest.fixture
def ask(client: httpx.AsyncClient, token: str) -> Ask:
    async def ask(query: str, **variables: Any) -> Any:
        response = await client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
        )
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    return ask


def one(event_id: int = 1, created_at: str = "2024-02-29T12:00:00Z", **said: Any) -> Event:
    """A classification of user 7 in workflow 101 of project 11 that took a minute."""
    standard: dict[str, Any] = {"user": 7, "project": 11, "workflow": 101, "seconds": 60}
    return classification(event_id, created_at, **standard | said)


async def totals(ask: Ask) -> tuple[int, float, int]:
    """How many classifications, their seconds, and how many comments the whole site has."""
    data = await ask("{ classifications { totalCount timeSpent } comments { totalCount } }")
    stats = data["classifications"]
    return stats["totalCount"], stats["timeSpent"], data["comments"]["totalCount"]
