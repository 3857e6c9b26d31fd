"""Who somebody is on a WebSocket: told in its head or its first message, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.auth.api_keys import new_api_key
from gateway.auth.viewer import Scope
from gateway.db import Database, open_database
from gateway.directory.api_keys import add_api_key, revoke_api_key
from tests.auth.conftest import Pair, pair
from tests.auth.signing import REFUSAL, payload, seconds_from_now, signed
from tests.graphql.live.socket_client import TOTAL, initialised, opened, total
from tests.server import Server, serving, started

FORBIDDEN = (4403, REFUSAL)
ME = "{ me { id } }"
LIVE_ME = "subscription { live { me { id } } }"
CREATE = 'mutation { createUserGroup(input: {displayName: "Ada\'s"}) { changed } }'
NOW_US = int(datetime.now(UTC).timestamp() * 1_000_000)


@pytest.fixture(scope="module")
def ours() -> Pair:
    return pair()


@pytest.fixture
def server(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, ours: Pair
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "public.pem").write_bytes(ours.public_pem)
    settings = {
        "STATS_GATEWAY_DATABASE_URL": database_url,
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(folder / "public.pem"),
        "STATS_GATEWAY_LIVE_SECONDS": "0.05",
        "STATS_GATEWAY_GROUPS": "own",
    }
    with serving(folder, **settings) as running:
        yield running


@pytest.fixture
async def beside(database_url: str, server: Server) -> AsyncIterator[Database]:
    async with open_database(database_url) as database:
        await database.write(_know_ada)
        yield database


def _know_ada(connection: Any) -> None:
    connection.exec_driver_sql("INSERT INTO user_account (id, login) VALUES (1002, 'ada')")


async def new_key(database: Database) -> tuple[str, str]:
    key = new_api_key("report", [Scope.STATS_READ], NOW_US)
    await database.write(lambda connection: add_api_key(connection, key.stored))
    return key.text, key.stored.id


def bearer(token: str, name: str = "Authorization") -> dict[str, str]:
    return {name: f"Bearer {token}"}


async def test_a_token_is_taken_from_the_parameters_else_from_the_head(
    server: Server, beside: Database, ours: Pair
) -> None:
    token = signed(ours, payload())
    ada = {"data": {"me": {"id": "1002"}}}
    for parameters in (
        bearer(token),
        bearer(token, "authorization"),
        bearer(token, "AUTHORIZATION"),
    ):
        async with initialised(server, parameters) as socket:
            assert await socket.answer(ME) == ada
    async with initialised(server, headers=bearer(token)) as socket:
        assert await socket.answer(ME) == ada
    # Twice the same is no contradiction; other parameters, and empty ones, say nothing.
    more = {**bearer(token), "other": {"a": 1}, "X-CKAN-API-Key": None}
    async with initialised(server, more, headers=bearer(token)) as socket:
        assert await socket.answer(ME) == ada
    async with initialised(server, {"other": 1}) as socket:
        assert await socket.answer(ME) == {"data": {"me": None}}
    assert token not in server.log.read_text()


async def test_wrong_credentials_and_several_are_refused(
    server: Server, beside: Database, ours: Pair
) -> None:
    token, other = signed(ours, payload()), signed(ours, payload({"id": 7, "login": "bo"}))
    key, _ = await new_key(beside)
    expired = signed(ours, payload(exp=seconds_from_now(-60)))
    for parameters, headers in (
        (bearer("nonsense"), {}),
        (bearer(expired), {}),
        ({"Authorization": token}, {}),
        ({"Authorization": ""}, {}),
        ({**bearer(token), **bearer(token, "authorization")}, {}),
        ({**bearer(token), "X-CKAN-API-Key": key}, {}),
        (bearer(token), bearer(other)),
        (bearer(token), bearer("nonsense")),
        (bearer(token), {"X-CKAN-API-Key": key}),
        ({}, bearer(expired)),
    ):
        async with opened(server, headers) as socket:
            await socket.say("connection_init", payload=parameters)
            assert await socket.closed() == FORBIDDEN
    async with opened(server) as socket:
        await socket.say("connection_init", payload={"authorization": 1})
        assert await socket.closed() == (
            4400,
            "The connection parameter authorization must be a string.",
        )
    log = server.log.read_text()
    assert not [secret for secret in (token, other, key, expired) if secret in log]


async def test_a_mutation_is_carried_out_for_people_and_not_for_machines(
    server: Server, beside: Database, ours: Pair
) -> None:
    key, _ = await new_key(beside)
    async with initialised(server, {"X-CKAN-API-Key": key}) as socket:
        (error,) = (await socket.answer(CREATE))["errors"]
        assert error == {
            "message": "An API key can only read: it may not send a mutation.",
            "extensions": {"code": "FORBIDDEN"},
        }
        assert await socket.answer(TOTAL) == total(0)
    token = signed(ours, payload({"scope": ["user", "group"]}))
    async with initialised(server, bearer(token)) as socket:
        answer = await socket.answer(CREATE)
        assert answer["data"] == {"createUserGroup": {"changed": True}}
        # Who brings it back is answered from a state that is no older.
        assert answer["extensions"].keys() == {"consistencyToken"}


async def test_when_a_token_has_expired_all_subscriptions_end_and_the_socket_with_them(
    server: Server, beside: Database, ours: Pair
) -> None:
    # Long enough to get there on a busy machine; what is expired then is told all the same.
    token = signed(ours, payload(exp=seconds_from_now(8)))
    async with initialised(server, bearer(token)) as socket:
        for id_ in ("a", "b"):
            await socket.ask(id_, LIVE_ME)
            assert await socket.hear() == {
                "id": id_,
                "type": "next",
                "payload": {"data": {"live": {"me": {"id": "1002"}}}},
            }
        ends = [await socket.hear() for _ in range(2)]
        assert sorted(end["id"] for end in ends) == ["a", "b"]
        for end in ends:
            assert end["type"] == "error"
            assert end["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        code, _ = await socket.closed()
        assert code == 4403


async def test_a_revoked_key_ends_subscriptions_and_answers_no_further_operation(
    server: Server, beside: Database
) -> None:
    key, key_id = await new_key(beside)
    async with (
        initialised(server, {"X-CKAN-API-Key": key}) as watching,
        initialised(server, {"edx-api-key": key}) as asking,
    ):
        await watching.ask("a", LIVE_ME)
        assert (await watching.hear())["type"] == "next"
        assert await asking.answer(TOTAL) == total(0)
        await beside.write(lambda connection: revoke_api_key(connection, key_id, NOW_US))
        message = await watching.hear()
        assert (message["id"], message["type"]) == ("a", "error")
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert (await watching.closed())[0] == 4403
        # Nobody watches on this one: it learns of it when it asks.
        (error,) = (await asking.answer(TOTAL))["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert await asking.closed() == FORBIDDEN


async def test_while_keys_cannot_be_had_clients_are_to_try_again(
    tmp_path: Path, ours: Pair
) -> None:
    settings = {"STATS_GATEWAY_JWT_JWKS_URL": "https://127.0.0.1:9/jwks"}
    token = signed(ours, payload(), kid="any")
    with started(tmp_path, "serve", "--port", "0", **settings) as server:
        server.wait_for_probe("livez", 200)
        async with opened(server) as socket:
            await socket.say("connection_init", payload=bearer(token))
            code, reason = await socket.closed()
    assert (code, reason) == (
        1013,
        "The gateway cannot verify tokens at the moment: try again later.",
    )
