"""The headers that every response carries."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.collector import FullCollections
from gateway.http.draining import Draining
from gateway.http.recorded import RecordedRequests
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


@pytest.fixture(params=[True, False])
async def client(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    keys = write_new_keys(tmp_path / "keys")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/a.db",
        server_timing=request.param,
        jwt_public_key_file=str(keys.public),
    )
    app = create_app(settings)
    expires = datetime.now(UTC) + timedelta(hours=1)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        client.tokens = {  # type: ignore[attr-defined]
            admin: issue_token(keys.private.read_bytes(), 1, "ada", "Ada", admin, expires)
            for admin in (True, False)
        }
        yield client


async def timing(client: Any, *, admin: bool) -> str | None:
    body = {"query": "{ user(id: 1) { id } }"}
    headers = {"authorization": f"Bearer {client.tokens[admin]}"}
    response = await client.post("/graphql", json=body, headers=headers)
    assert "data" in response.json()
    timing: str | None = response.headers.get("server-timing")
    return timing


async def test_answers_tell_site_admins_how_long_they_took_if_the_setting_says_so(
    client: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    found = await timing(client, admin=True)
    if not request.node.callspec.params["client"]:
        assert found is None
        return
    milliseconds = r"dur=\d+\.\d\d"
    assert re.fullmatch(
        f"parse;{milliseconds}, validate;{milliseconds}, execute;{milliseconds}, "
        f'serialise;{milliseconds}, sql;desc="1 statements", total;{milliseconds}',
        found or "",
    )


async def test_nobody_else_is_told_how_long_an_answer_took(client: httpx.AsyncClient) -> None:
    assert await timing(client, admin=False) is None


@pytest.mark.parametrize("path", ["/", "/livez", "/nowhere", "/classifications?period=no"])
async def test_other_answers_have_an_id_and_no_timing(client: httpx.AsyncClient, path: str) -> None:
    first, second = await client.get(path), await client.get(path)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert "server-timing" not in first.headers


async def test_an_id_that_could_break_a_line_is_replaced(client: httpx.AsyncClient) -> None:
    response = await client.get("/livez", headers={"x-request-id": 'a" {'})
    assert re.fullmatch("[0-9a-f]{16}", response.headers["x-request-id"])


async def test_a_request_that_fails_in_the_end_is_counted_all_the_same() -> None:
    metrics = Metrics("1")

    async def fails(*_: Any) -> None:
        raise ConnectionResetError

    app = RecordedRequests(fails, Draining(0), FullCollections(), metrics=metrics)
    with pytest.raises(ConnectionResetError):
        await app({"type": "http", "method": "GET", "headers": []}, None, None)  # type: ignore[arg-type]
    value = metrics.registry.get_sample_value
    gone = {"route": "none", "method": "GET", "status": "none"}
    assert value("stats_gateway_requests_total", gone) == 1
    assert value("stats_gateway_requests_in_progress") == 0
