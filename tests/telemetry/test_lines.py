"""The log of a served gateway: what its lines say, and what they never say."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.telemetry.lines import RequestLog, chosen_format, line_formatter
from gateway.telemetry.record import RequestRecord
from tests.server import Server, serving

QUERY = "query Volunteer($id: ID!) { user(id: $id) { id login } }"


def requests(server: Server) -> list[dict[str, Any]]:
    return [line for line in server.logged() if line["event"] == "request"]


def test_each_request_is_a_line_that_tells_neither_who_asked_nor_for_what(tmp_path: Path) -> None:
    keys = write_new_keys(tmp_path / "keys")
    expires = datetime.now(UTC) + timedelta(minutes=5)
    token = issue_token(keys.private.read_bytes(), 424242, "lovelace", "Ada", False, expires)
    body = {"query": QUERY, "variables": {"id": "535353"}}
    headers = {"authorization": f"Bearer {token}", "x-request-id": "asked-1"}
    with serving(tmp_path, STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=str(keys.public)) as server:
        first = httpx.post(server.url, json=body, headers=headers)
        second = httpx.get(server.url, params={"query": "{ me(secret: 646464) }"})
        base = server.url.removesuffix("/graphql")
        third = httpx.get(f"{base}/classifications/users/747474?start_date=2024-03-09")
        fourth = httpx.get(f"{base}/nowhere/848484")
        server.stop()
    assert first.headers["x-request-id"] == "asked-1"
    graphql, refused, rest, nowhere = requests(server)

    phases = graphql.pop("phases")
    assert list(phases) == ["parse", "validate", "execute", "serialise"]
    assert graphql.pop("ms") > 0
    datetime.fromisoformat(graphql.pop("timestamp"))
    assert graphql == {
        "event": "request",
        "level": "info",
        "request_id": "asked-1",
        "method": "POST",
        "route": "/graphql",
        "status": 200,
        "viewer": "user",
        "statements": 1,
        "result": "partial",
        "operation": "Volunteer",
        "document": sha256(QUERY.encode()).hexdigest()[:12],
        "cost": 1,
        "errors": ["NOT_FOUND"],
    }
    assert (refused["result"], refused["viewer"], refused["request_id"]) == (
        "refused",
        "anonymous",
        second.headers["x-request-id"],
    )
    assert (rest["route"], rest["status"], rest["request_id"]) == (
        "/classifications/users/{id}",
        403,
        third.headers["x-request-id"],
    )
    assert "result" not in rest
    assert (nowhere["route"], nowhere["status"]) == (None, 404)
    assert nowhere["request_id"] == fourth.headers["x-request-id"]
    log = server.log.read_text()
    told = [token, "lovelace", "Ada", "424242", "535353", "646464", "747474", "848484", "2024-03"]
    assert [word for word in told if word in log] == []


def test_uvicorns_lines_have_the_same_form(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.stop()
    (line,) = [one for one in server.logged() if one["event"] == "Application startup complete."]
    assert (line["level"], line["logger"]) == ("info", "uvicorn.error")
    assert datetime.fromisoformat(line["timestamp"]).tzinfo == UTC


def test_a_higher_level_leaves_requests_out(tmp_path: Path) -> None:
    with serving(tmp_path, STATS_GATEWAY_LOG_LEVEL="warning") as server:
        assert httpx.get(server.url, params={"query": "{ __typename }"}).status_code == 200
        server.stop()
    assert server.logged() == []


def test_probes_are_lines_of_the_lowest_level(tmp_path: Path) -> None:
    with serving(tmp_path, STATS_GATEWAY_LOG_LEVEL="debug") as server:
        server.stop()
    probes = [line for line in requests(server) if line["route"] == "/readyz"]
    assert {line["level"] for line in probes} == {"debug"}


def test_columns_are_for_people(tmp_path: Path) -> None:
    with serving(tmp_path, STATS_GATEWAY_LOG_FORMAT="console") as server:
        httpx.get(server.url, params={"query": "query Named { __typename }"})
        server.stop()
    (line,) = [line for line in server.log.read_text().splitlines() if "route=" in line]
    assert "operation=Named" in line
    # What one looks for first comes first.
    assert re.search(r"\] request +route=/graphql status=200 method=GET ms=", line)
    assert line.index("phases=") < line.index("request_id=")
    assert "\x1b" not in line


def test_an_error_is_logged_with_its_reference_and_traceback() -> None:
    try:
        hidden = "not shown to clients"
        raise RuntimeError(hidden)
    except RuntimeError:
        record = logging.LogRecord("gateway.x", 40, "x.py", 1, "error %s", ("abc",), sys.exc_info())
    record.reference = "abc"
    record.other = 1
    line = json.loads(line_formatter("json").format(record))
    assert line.pop("exception").startswith("Traceback (most recent call last):\n")
    del line["timestamp"]
    assert line == {
        "event": "error abc",
        "level": "error",
        "logger": "gateway.x",
        "reference": "abc",
    }


def test_a_request_whose_client_went_away_has_no_status(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    RequestLog("json", "info").write(RequestRecord("a", "POST"), 0.0012345)
    line = json.loads(capfdbinary.readouterr().err)
    assert (line["status"], line["route"], line["ms"]) == (None, None, 1.234)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_format_that_was_chosen_is_taken(log_format: Any) -> None:
    assert chosen_format(log_format) == log_format
