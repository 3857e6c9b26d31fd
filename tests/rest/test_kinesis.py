"""What ``POST /kinesis`` answers, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.settings import Settings
from tests.rest.conftest import BODY_LIMIT, PASSWORD, USERNAME, Ask, Send, one, totals
from tests.server import serving
from tests.stream_events import comment


async def test_a_bad_event_is_reported_and_does_not_sink_its_batch(send: Send, ask: Ask) -> None:
    late = one(4, created_at="2026-11-24T12:00:01Z")
    other = {"source": "panoptes", "type": "workflow_counters", "data": {}}
    response = await send(one(1), one(2, workflow="none"), other, "text", late, comment(5, "x"))
    assert response.status_code == 207
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {
        "errors": [
            {
                "position": 1,
                "id": "2",
                "reason": "links.workflow is 'none': "
                "an id is a whole number from 1 to 9223372036854775807.",
            },
            {
                "position": 3,
                "id": None,
                "reason": "The event is 'text': not a JSON object.",
            },
            {"position": 4, "id": "4", "reason": "created_at lies more than a day ahead of now."},
            {
                "position": 5,
                "id": "5",
                "reason": "created_at is 'x': not a time such as 2016-06-15 00:51:21 UTC.",
            },
        ],
        "taken": 1,
        "ignored": 1,
    }
    assert await totals(ask) == (1, 60.0, 0)


async def test_other_types_are_ignored_without_a_word(send: Send, ask: Ask) -> None:
    other = {"source": "panoptes", "type": "workflow_counters", "data": {"id": 1}}
    assert (await send(other, one())).status_code == 204
    assert await totals(ask) == (1, 60.0, 0)


async def test_the_counters_tell_what_became_of_every_event(app: Starlette, send: Send) -> None:
    other = {"source": "panoptes", "type": "workflow_counters", "data": {}}
    await send(one(1), one(2), one(1), "text", other)
    await send(one(2, seconds=90), comment(3, "2024-02-29T12:00:00Z"))
    counters = app.state.services.intake.counters
    assert (counters.batches, counters.taken) == (2, 5)
    assert (counters.stored, counters.unchanged, counters.replaced) == (3, 1, 1)
    assert (counters.rejected, counters.ignored) == (1, 1)


@pytest.mark.parametrize("timeout_seconds", [1])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_that_stays_busy_is_503_with_nothing_stored(
    send: Send, ask: Ask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    other = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    first, second = await asyncio.gather(send(one(7_000_001)), send(one(2)))
    other.execute("ROLLBACK")
    other.close()
    for response in (first, second):
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert await totals(ask) == (0, 0, 0)
    assert (await send(one())).status_code == 204
    assert await totals(ask) == (1, 60.0, 0)
    assert caplog.text.count("DATABASE_BUSY): ") + caplog.text.count("(DATABASE_BUSY).") == 1
    assert caplog.text.count("works again after DATABASE_BUSY") == 1
    assert "7000001" not in caplog.text
    assert PASSWORD not in caplog.text


def test_a_server_refuses_an_endless_body_and_goes_on(tmp_path: Path) -> None:
    options = {
        "STATS_GATEWAY_STREAM_USERNAME": USERNAME,
        "STATS_GATEWAY_STREAM_PASSWORD": PASSWORD,
        "STATS_GATEWAY_STREAM_MAX_BODY_BYTES": str(BODY_LIMIT),
    }
    sent = 0

    def chunks() -> Any:
        nonlocal sent
        for _ in range(64):
            sent += 65_536
            yield b" " * 65_536

    with serving(tmp_path, **options) as server, httpx.Client(timeout=60) as client:
        url = server.url.replace("/graphql", "/kinesis")
        auth = (USERNAME, PASSWORD)
        assert client.post(url, content=chunks(), auth=auth).status_code == 413
        assert sent > BODY_LIMIT
        assert client.post(url, json={"payload": [one()]}, auth=auth).status_code == 204
        assert "Traceback" not in server.log.read_text()
        assert PASSWORD not in server.log.read_text()
