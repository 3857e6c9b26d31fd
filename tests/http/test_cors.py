"""Which pages may ask at /graphql, and what they may look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings

PAGE = "https://www.zooniverse.org"
BODY = {"query": "{ __typename }"}
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Any]:
    @asynccontextmanager
    async def serve(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/pages.db", **settings))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
        ):
            yield client

    return serve


async def test_any_page_may_ask_and_needs_no_second_preflight_for_two_hours(
    served: Callable[..., Any],
) -> None:
    async with served() as client:
        preflight = await client.options("/graphql", headers=PREFLIGHT)
        answer = await client.post("/graphql", json=BODY, headers={"Origin": PAGE})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "GET, POST"
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert preflight.headers["access-control-max-age"] == "7200"
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"].split(", ") == [
        "Consistency",
        "Consistency-Token",
        "ETag",
        "Retry-After",
        "Server-Timing",
        "X-Request-Id",
    ]


async def test_cookies_are_never_allowed(served: Callable[..., Any]) -> None:
    for settings in ({}, {"cors_origins": PAGE}):
        async with served(**settings) as client:
            preflight = await client.options("/graphql", headers=PREFLIGHT)
            answer = await client.post("/graphql", json=BODY, headers={"Origin": PAGE})
        assert "access-control-allow-credentials" not in {**preflight.headers, **answer.headers}


async def test_refusals_can_be_read_too(served: Callable[..., Any]) -> None:
    headers = {"Origin": PAGE, "Authorization": "Bearer a.b.c"}
    async with served() as client:
        answer = await client.post("/graphql", json=BODY, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_only_the_origins_that_are_named_may_ask(served: Callable[..., Any]) -> None:
    async with served(cors_origins=f"{PAGE}, https://other.example") as client:
        allowed = await client.options("/graphql", headers=PREFLIGHT)
        strange = {**PREFLIGHT, "Origin": "https://strange.example"}
        refused = await client.options("/graphql", headers=strange)
        answer = await client.post("/graphql", json=BODY, headers={"Origin": PAGE})
        unread = await client.post("/graphql", json=BODY, headers={"Origin": strange["Origin"]})
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in answer.headers["vary"]
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert "access-control-allow-origin" not in {**refused.headers, **unread.headers}


async def test_without_origins_no_page_may(served: Callable[..., Any]) -> None:
    async with served(cors_origins="") as client:
        refused = await client.options("/graphql", headers=PREFLIGHT)
        answer = await client.post("/graphql", json=BODY, headers={"Origin": PAGE})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_what_a_page_can_send_without_asking_is_refused(
    served: Callable[..., Any], media: str
) -> None:
    async with served() as client:
        answer = await client.post(
            "/graphql",
            content=b'{"query": "mutation { __typename }"}',
            headers={"Origin": PAGE, "Content-Type": media},
        )
    assert answer.status_code == 415


async def test_a_cookie_is_no_credential(served: Callable[..., Any]) -> None:
    async with served() as client:
        client.cookies.set("Authorization", "Bearer a.b.c")
        answer = await client.post("/graphql", json={"query": "{ me { id } }"})
    assert answer.json() == {"data": {"me": None}}
