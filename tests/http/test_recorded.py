"""The headers that every response carries."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.http.draining import Draining
from gateway.http.recorded import RecordedRequests
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


@pytest.fixture(params=[True, False])
async def client(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/a.db", server_timing=request.param)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client


async def test_answers_tell_how_long_they_took_if_the_setting_says_so(
    client: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    body = {"query": "{ user(id: 1) { id } }"}
    timing = (await client.post("/graphql", json=body)).headers.get("server-timing")
    if not request.node.callspec.params["client"]:
        assert timing is None
        return
    milliseconds = r"dur=\d+\.\d\d"
    assert re.fullmatch(
        f"parse;{milliseconds}, validate;{milliseconds}, execute;{milliseconds}, "
        f'serialise;{milliseconds}, sql;desc="1 statements", total;{milliseconds}',
        timing or "",
    )


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

    app = RecordedRequests(fails, Draining(0), metrics=metrics)
    with pytest.raises(ConnectionResetError):
        await app({"type": "http", "method": "GET", "headers": []}, None, None)  # type: ignore[arg-type]
    value = metrics.registry.get_sample_value
    gone = {"route": "none", "method": "GET", "status": "none"}
    assert value("stats_gateway_requests_total", gone) == 1
    assert value("stats_gateway_requests_in_progress") == 0
