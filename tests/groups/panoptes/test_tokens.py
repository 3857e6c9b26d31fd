"""People's tokens go to Panoptes and nowhere else, and no others go there."""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.auth.bearer import Bearer, bearer_of, bearer_scope, store_bearer
from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.groups.commands import CreateGroup, Leave
from gateway.groups.panoptes.failures import PanoptesUnavailable
from gateway.groups.refusals import GroupRefusal, RefusalCode
from tests.directory.panoptes.local import LocalPanoptes, panoptes_running
from tests.graphql.live.socket_client import initialised
from tests.groups.panoptes.beside import ADA, BOB, DAN, GROUP, Beside
from tests.jsonapi_contract.sides import FIRST_PERSON, Side, forwarding_side, login_of
from tests.jsonapi_contract.worlds import World, make_world
from tests.server import environment, run_command
from tests.telemetry.receiver import receiving

CREATE = """mutation {
  createUserGroup(input: { displayName: "Moths" }) {
    changed
    userErrors { code }
    userGroup {
      id
      joinLink { token }
      viewerMembership { state roles }
      viewerPermissions {
        edit changeJoinLink manageMembers invite deactivate reactivate editGoals
      }
    }
  }
}"""
GOAL = """mutation ($id: ID!) {
  createGoal(input: { groupId: $id, metric: CLASSIFICATIONS, target: 100 }) {
    changed userErrors { code }
  }
}"""


def test_a_token_is_its_own_person_s_alone() -> None:
    with bearer_scope():
        store_bearer(Bearer(1001, "secret"))
        assert bearer_of(ADA) == "secret"
        machine = Viewer(id=1001, api_key_id="key")
        for other in (BOB, ANONYMOUS, machine):
            assert bearer_of(other) is None
        store_bearer(None)
        assert bearer_of(ADA) is None


async def test_a_token_is_kept_while_its_request_is_answered_alone() -> None:
    store_bearer(Bearer(1001, "secret"))
    assert bearer_of(ADA) is None

    answered = asyncio.Event()

    async def goes_on() -> str | None:
        assert bearer_of(ADA) == "secret"
        await answered.wait()
        # As a task does that identifies viewers for all.
        store_bearer(Bearer(1001, "secret"))
        return bearer_of(ADA)

    with bearer_scope():
        store_bearer(Bearer(1001, "secret"))
        task = asyncio.create_task(goes_on())
        await asyncio.sleep(0)
        with bearer_scope():
            assert bearer_of(ADA) is None
        assert bearer_of(ADA) == "secret"
    answered.set()
    assert await task is None
    assert bearer_of(ADA) is None


def test_a_token_is_neither_shown_nor_copied() -> None:
    bearer = Bearer(1001, "secret")
    assert "secret" not in f"{bearer!r} {bearer}"
    with pytest.raises(TypeError):
        copy.copy(bearer)


async def test_without_a_token_nothing_is_sent(town: Beside) -> None:
    with pytest.raises(GroupRefusal) as caught:
        await town.service.run(CreateGroup("Moths"), ADA)
    assert caught.value.refusal is RefusalCode.NOT_SUPPORTED
    assert town.there.sent == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_redirect_is_not_followed(town: Beside) -> None:
    with panoptes_running() as elsewhere:
        town.there.elsewhere = f"{elsewhere.url}/api/user_groups"
        town.there.before_commit.append("redirect")
        with pytest.raises(PanoptesUnavailable, match="redirect"):
            await town.run(CreateGroup("Moths", "moths"), DAN)
        town.there.to_questions.append("redirect")
        with pytest.raises(PanoptesUnavailable, match="redirect"):
            await town.run(Leave(GROUP), BOB)
        assert elsewhere.asked == []


def test_no_token_is_written_or_sent_elsewhere(tmp_path: Path) -> None:
    """Logs of all levels, metrics, traces, the database with its files, and other hosts."""
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
        database = tmp_path / "served.db"
        with forwarding_side(tmp_path, f"sqlite:///{database}", **settings) as side:
            there = side.panoptes
            assert there is not None
            world = make_world(side)
            answers = [_asked(side, token) for token in world.tokens.values() if token]
            _lead_by_graphql(side, world)
            _fail_in_all_ways(side, there, world)
            _send_what_is_not_forwarded(side, there, tmp_path)
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            assert 'stats_gateway_group_commands_total{command="join",outcome="changed"}' in metrics
            sent = {line[2] for line in there.sent}
            assert {f"Bearer {world.tokens['admin']}", f"Bearer {world.tokens['member']}"} <= sent
            assert side.server is not None
            side.server.stop()
            written = {"log": side.server.log.read_text(), "metrics": metrics}
        assert "Group command join: changed" in written["log"]
        with sqlite3.connect(database) as connection:
            written["database"] = "\n".join(connection.iterdump())
        written["answers"] = "".join(f"{one.headers!r} {one.text}" for one in answers)
        for name, text in written.items():
            for who, token in world.tokens.items():
                assert token is None or token not in text, (who, name)
            assert name == "answers" or world.join_token not in text, name
        for who, token in world.tokens.items():
            assert token is None or not any(token.encode() in body for body in receiver.bodies), who
        assert not any(world.join_token.encode() in body for body in receiver.bodies)
        assert receiver.spans


def _lead_by_graphql(side: Side, world: World) -> None:
    """A mutation carries the token too, and what it shows is read at Panoptes."""
    made = _mutation(side, world.tokens["admin"]).json()["data"]["createUserGroup"]
    assert made["userErrors"] == []
    group = made["userGroup"]
    assert group["viewerMembership"] == {"state": "ACTIVE", "roles": ["GROUP_ADMIN"]}
    assert len(group["joinLink"]["token"]) == 16
    assert group["viewerPermissions"] == {
        "edit": True,
        "changeJoinLink": False,
        "manageMembers": True,
        "invite": False,
        "deactivate": True,
        "reactivate": False,
        "editGoals": True,
    }
    body = {"query": GOAL, "variables": {"id": group["id"]}}
    headers = {"Authorization": f"Bearer {world.tokens['admin']}"}
    goal = side.http.post(f"{side.url}/graphql", json=body, headers=headers).json()
    assert goal["data"]["createGoal"] == {"changed": True, "userErrors": []}, goal
    headers = {"Authorization": f"Bearer {world.tokens['stranger']}"}
    refused = side.http.post(f"{side.url}/graphql", json=body, headers=headers).json()
    assert refused["errors"][0]["extensions"]["code"] == "NOT_FOUND", refused


LINK = "userGroup(id: %s) { id joinLink { token } }"


def test_a_live_answer_forwards_no_token(tmp_path: Path) -> None:
    with forwarding_side(tmp_path, f"sqlite:///{tmp_path}/served.db") as side:
        there = side.panoptes
        assert there is not None
        world = make_world(side)
        token = world.tokens["admin"]
        headers = {"Authorization": f"Bearer {token}"}
        link = LINK % world.group
        body = {"query": f"{{ {link} }}"}
        shown = side.http.post(f"{side.url}/graphql", json=body, headers=headers).json()
        assert shown["data"]["userGroup"]["joinLink"] == {"token": world.join_token}, shown
        before = [line for line in there.sent if line[2] == f"Bearer {token}"]
        headers |= {"Accept": "text/event-stream"}
        body = {"query": f"subscription {{ live {{ {link} }} }}"}
        with side.http.stream("POST", f"{side.url}/graphql", json=body, headers=headers) as answer:
            frame = next(line for line in answer.iter_lines() if line.startswith("data: {"))
        told = json.loads(frame.removeprefix("data: "))
        assert told["data"]["live"]["userGroup"]["joinLink"] is None, told
        assert [one["extensions"]["code"] for one in told["errors"]] == ["FORBIDDEN"]
        assert [line for line in there.sent if line[2] == f"Bearer {token}"] == before


async def test_each_operation_of_a_websocket_forwards_the_token_of_its_socket(
    tmp_path: Path,
) -> None:
    with forwarding_side(tmp_path, f"sqlite:///{tmp_path}/served.db") as side:
        there, server = side.panoptes, side.server
        assert there is not None
        assert server is not None
        world = make_world(side)
        sent = partial(_sent_by, there)
        async with (
            initialised(server, _bearer(world.tokens["admin"])) as admin,
            initialised(server, _bearer(world.tokens["stranger"])) as stranger,
            initialised(server) as nobody,
        ):
            for one, who in ((admin, "admin"), (stranger, "stranger"), (admin, "admin")):
                before = sent(world.tokens[who])
                answer = await one.answer(CREATE)
                assert answer["data"]["createUserGroup"]["userErrors"] == [], answer
                assert sent(world.tokens[who]) > before
            before = len(there.sent)
            assert "errors" in await nobody.answer(CREATE)
            assert len(there.sent) == before


def _sent_by(there: LocalPanoptes, token: str | None) -> int:
    return sum(line[2] == f"Bearer {token}" for line in there.sent)


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _asked(side: Side, token: str) -> httpx.Response:
    return side.ask("GET", "/user_groups", token)


def _fail_in_all_ways(side: Side, there: LocalPanoptes, world: World) -> None:
    path, body = f"/user_groups/{world.group}", {"user_groups": {"display_name": "Another"}}
    for fault in (401, 403, 422, 429, 500, "cut off", "nonsense", "redirect", "other", "empty"):
        there.before_commit.append(fault)
        tag = world.etag("user_groups", world.group)
        answer = side.ask("PUT", path, world.tokens["admin"], body, if_match=tag)
        assert answer.status_code >= 400, (fault, answer.text)
        there.before_commit.clear()


def _send_what_is_not_forwarded(side: Side, there: LocalPanoptes, folder: Path) -> None:
    """An API key, a token of another issuer, one that has expired, and none."""
    named = {"STATS_GATEWAY_DATABASE_URL": f"sqlite:///{folder}/served.db"}
    command = ("apikey", "create", "--name", "tests", "--scope", "stats:read")
    made = run_command(command, environment(folder, named))
    made.check_returncode()
    key = made.stdout.split()[-1]
    other, old = _foreign_tokens(folder)
    before = [line for line in there.sent if line[0] != "GET"]
    for credential in (key, other, old, None):
        answer = _mutation(side, credential)
        assert "changed" not in answer.text or '"changed":false' in answer.text, answer.text
        assert side.ask("POST", "/user_groups", credential, {}).status_code >= 400
    assert [line for line in there.sent if line[0] != "GET"] == before
    for secret in (key, other, old):
        assert not any(secret in str(line) for line in there.sent)


def _foreign_tokens(folder: Path) -> list[str]:
    key: Any = load_pem_private_key((folder / "private.pem").read_bytes(), password=None)
    who = {"id": FIRST_PERSON, "login": login_of(FIRST_PERSON), "scope": ["user", "group"]}
    hour = int(time.time()) + 3600
    claims = {"data": who, "exp": hour, "iss": "pan-prod"}
    return [
        jwt.encode({**claims, "iss": "somebody-else"}, key, algorithm="RS512"),
        jwt.encode({**claims, "exp": hour - 7200}, key, algorithm="RS512"),
    ]


def _mutation(side: Side, credential: str | None) -> httpx.Response:
    headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
    return side.http.post(f"{side.url}/graphql", json={"query": CREATE}, headers=headers)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
