"""Join tokens stand in the answers of those who lead a group, and nowhere else.

Codes of certificates stand in answers, and in copies.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.groups.people import ADA, Town
from tests.issued_tokens import search_log, watch
from tests.jsonapi_contract.sides import Side, our_side
from tests.jsonapi_contract.worlds import World, make_world
from tests.server import STATS_GATEWAY, environment
from tests.telemetry.receiver import receiving

ROOT = Path(__file__).parents[2]
LEAKING = """
import logging
from gateway.groups import links

def test_leak():
    token = links.token_hex(16)
    logging.getLogger("gateway").warning("joined by %s", token)

def test_none():
    logging.getLogger("gateway").warning("joined by %s", "0" * 32)
"""
JOIN = "mutation($input: JoinUserGroupInput!) { joinUserGroup(input: $input) { changed nope } }"


def test_a_token_that_is_logged_fails_the_test(tmp_path: Path) -> None:
    test = tmp_path / "test_leaking.py"
    test.write_text(LEAKING)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.issued_tokens", str(test)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout
    assert "A join token was written." in ran.stdout
    assert "ERROR test_leaking.py::test_leak" in ran.stdout
    assert "2 passed, 1 error" in ran.stdout


async def test_a_token_in_what_a_server_writes_is_found_by_its_database(
    town: Town, database_url: str
) -> None:
    token = await town.token(await town.group(ADA))
    # As if another process had made it.
    watch.issued.discard(token)
    search_log("joined by 0123456789abcdef0123456789abcdef", database_url)
    handed_out = f"Join it:\n\n  http://127.0.0.1/groups/1#join_token={token}\n"
    search_log(handed_out, database_url)
    with pytest.raises(AssertionError, match="A server has written a join token"):
        search_log(f'{{"path": "/groups/1?join_token={token}"}}', database_url)


def test_nothing_that_a_server_writes_or_tells_others_holds_a_token(
    database_url: str, tmp_path: Path
) -> None:
    """Logs of all levels, metrics, traces, copies, headers, and what is refused in any words."""
    port = _free_port()
    with receiving() as receiver:
        settings = {
            "STATS_GATEWAY_LOG_LEVEL": "debug",
            "STATS_GATEWAY_METRICS_PORT": str(port),
            "STATS_GATEWAY_SERVER_TIMING": "true",
            "STATS_GATEWAY_TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "NO_PROXY": "127.0.0.1",
        }
        with our_side(tmp_path, database_url, **settings) as side:
            world = make_world(side)
            watch.issued.add(world.join_token)
            for answer in _answers_of_others(side, world):
                assert world.join_token not in f"{answer.headers!r} {answer.text}", answer.request
            code = _looked_up_certificate(side, world)
            assert side.ask("GET", "/me", world.tokens["admin"]).status_code == 200
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            assert 'stats_gateway_group_commands_total{command="join",outcome="changed"}' in metrics
            copy = subprocess.run(
                [STATS_GATEWAY, "directory", "dump"],
                env=environment(tmp_path, {"STATS_GATEWAY_DATABASE_URL": database_url}),
                capture_output=True,
                check=True,
                text=True,
                timeout=120,
            )
            assert world.name in copy.stdout
            assert side.server is not None
            side.server.stop()
            log = side.server.log.read_text()
            assert "Group command join: changed" in log
        assert receiver.spans
        for written in (metrics, copy.stdout, copy.stderr, log):
            assert world.join_token not in written
        for written in (metrics, copy.stderr, log):
            assert code not in written
        for secret in (world.join_token, code):
            assert not any(secret.encode() in body for body in receiver.bodies)


def _answers_of_others(side: Side, world: World) -> list[httpx.Response]:
    """Answers to people who have the token, though they do not lead the group, and send it."""
    token, group = world.join_token, world.group
    address = f"join_token={token}"
    wrong = {"memberships": {"join_token": [token], "links": {"user": "1", "user_group": "7"}}}
    other = {"memberships": {"join_token": token, "links": {"user": "1", "user_group": "7"}}}
    key = {"memberships": {"join_token": token, token: 1}}
    found = [
        httpx.get(f"{side.url}{path}?{address}", headers={"Referer": f"{side.url}/?{address}"})
        for path in (f"/groups/{group}", "/", "/graphql", "/classifications", "/openapi.json")
    ]
    for who in ("stranger", "member", "former", "nobody"):
        bearer = world.tokens[who]
        found += [
            side.ask("GET", f"/user_groups/{group}?{address}", bearer),
            side.ask("GET", f"/user_groups?{address}", bearer),
            side.ask("GET", f"/memberships?include=user_group&{address}", bearer),
            side.ask("POST", "/memberships", bearer, wrong),
            side.ask("POST", "/memberships", bearer, other),
            side.ask("PUT", f"/user_groups/{group}", bearer, key, if_match="*"),
            side.ask("POST", "/memberships", bearer, f'{{"join_token": "{token}"'.encode()),
        ]
    for given in (
        {"id": str(group), "joinToken": token},
        {"id": str(group), "joinToken": [token]},
        {"id": str(group), "joinToken": token, "more": {"a": token}},
        token,
    ):
        for query in (JOIN, JOIN.replace(" nope", "")):
            found.append(_graphql(side, world, {"query": query, "variables": {"input": given}}))
    return found


def _looked_up_certificate(side: Side, world: World) -> str:
    """The code of a certificate that was asked for in all ways that there are, and wrongly."""
    issue = "mutation { issueCertificate(input: {}) { certificate { code } } }"
    made = _graphql(side, world, {"query": issue}).json()["data"]["issueCertificate"]
    code: str = made["certificate"]["code"]
    watch.issued.add(code)
    by_code = "query($code: String!) { certificate(code: $code) { code } }"
    written = f'{{ certificate(code: "{code}") {{ code }} }}'
    for query, variables in (
        (by_code, {"code": code}),
        (by_code, {"code": [code]}),
        (by_code, {code: code}),
        (written, {}),
        (written.replace("{ code }", "{ nope }"), {}),
        (code, {}),
    ):
        _graphql(side, world, {"query": query, "variables": variables})
        asked = {"query": query, "variables": json.dumps(variables)}
        httpx.get(f"{side.url}/graphql", params=asked, timeout=60)
    for path in (f"/certificates/{code}", f"/certificates/{code}/", f"/{code}", f"/?code={code}"):
        for accept in ("text/html", "application/json"):
            headers = {"accept": accept, "referer": f"{side.url}/certificates/{code}"}
            httpx.get(f"{side.url}{path}", headers=headers)
    return code


def _graphql(side: Side, world: World, body: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.tokens['stranger']}"}
    return httpx.post(f"{side.url}/graphql", json=body, headers=headers, timeout=60)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
