"""GraphQL over WebSocket: the messages of ``graphql-transport-ws``, and how each rule is kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gateway.db import Database, open_database
from tests.events_of import classification, store
from tests.graphql.live.socket_client import (
    LIVE_TOTAL,
    SUBPROTOCOL,
    TOTAL,
    initialised,
    live_total,
    opened,
    total,
)
from tests.server import DEADLINE_SECONDS, Server, serving

SETTINGS = {
    "STATS_GATEWAY_LIVE_SECONDS": "0.05",
    "STATS_GATEWAY_WEBSOCKET_OPERATIONS": "5",
    "STATS_GATEWAY_INCREMENTAL_DELIVERY": "true",
    "STATS_GATEWAY_BODY_LIMIT_BYTES": "20000",
}


@pytest.fixture
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, STATS_GATEWAY_DATABASE_URL=database_url, **SETTINGS) as running:
        yield running


@pytest.fixture
async def beside(database_url: str, server: Server) -> AsyncIterator[Database]:
    """The served database, as another process opens it."""
    async with open_database(database_url) as database:
        yield database


@pytest.fixture(scope="module")
def any_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where the database does not matter."""
    with serving(tmp_path_factory.mktemp("served"), **SETTINGS) as running:
        yield running


# What is answered


async def test_a_subscription_follows_what_other_processes_store(
    server: Server, beside: Database
) -> None:
    async with initialised(server) as socket:
        await socket.ask("a", LIVE_TOTAL)
        assert await socket.hear() == {"id": "a", "type": "next", "payload": live_total(0)}
        for number in (1, 2):
            await store(beside, classification(number))
            frame = {"id": "a", "type": "next", "payload": live_total(number)}
            assert await socket.hear() == frame
        await socket.say("complete", id="a")
        await store(beside, classification(3))
        # Nothing follows what the client has completed, and its id is free.
        assert await socket.answer(TOTAL) == total(3)
        await socket.ask("a", LIVE_TOTAL)
        assert await socket.hear() == {"id": "a", "type": "next", "payload": live_total(3)}


async def test_queries_are_answered_once_and_several_operations_at_a_time(
    any_server: Server,
) -> None:
    async with initialised(any_server) as socket:
        await socket.ask("s", LIVE_TOTAL)
        assert (await socket.hear())["id"] == "s"
        assert await socket.answer(TOTAL) == total(0)
        # A cached answer is the same.
        assert await socket.answer(TOTAL) == total(0)
        for id_ in ("x", "y"):
            await socket.ask(id_, TOTAL)
        heard = [await socket.hear() for _ in range(4)]
    for id_ in ("x", "y"):
        assert [one for one in heard if one["id"] == id_] == [
            {"id": id_, "type": "next", "payload": total(0)},
            {"id": id_, "type": "complete"},
        ]


async def test_variables_names_and_extensions_are_those_of_http(any_server: Server) -> None:
    document = (
        "query A($id: ID!) { project(id: $id) { id } } query B { classifications { totalCount } }"
    )
    async with initialised(any_server) as socket:
        answer = await socket.answer(
            document, operationName="B", variables={"id": "1"}, extensions={"cost": True}
        )
        assert answer == {
            **total(0),
            "extensions": {"cost": {"value": 2, "limit": 250_000}},
        }
        answer = await socket.answer(document, operationName="A", variables={"id": "1"})
        assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


async def test_deferred_parts_follow_each_other(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        await socket.ask(
            "d", "{ classifications { ... @defer { totalCount } } comments { totalCount } }"
        )
        first, second, last = [await socket.hear() for _ in range(3)]
    assert first["payload"]["hasNext"] is True
    assert second["payload"]["incremental"][0]["data"] == {"totalCount": 0}
    assert second["payload"]["hasNext"] is False
    assert last == {"id": "d", "type": "complete"}


@pytest.mark.parametrize(
    ("query", "parts", "code"),
    [
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { live { nothing } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { live { __schema { types { name } } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
        (TOTAL, {"operationName": "other"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query ($id: ID!) { project(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        (TOTAL, {"variables": {"deep": json.loads("[" * 150 + "]" * 150)}}, "BAD_REQUEST"),
        ("", {}, "BAD_REQUEST"),
    ],
)
async def test_what_is_not_executed_is_an_error_and_the_socket_goes_on(
    any_server: Server, query: str, parts: dict[str, Any], code: str
) -> None:
    async with initialised(any_server) as socket:
        await socket.ask("wrong", query, **parts)
        message = await socket.hear()
        assert (message["id"], message["type"]) == ("wrong", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        # Its id is free again, and nothing follows.
        await socket.ask("wrong", TOTAL)
        assert await socket.hear() == {"id": "wrong", "type": "next", "payload": total(0)}


async def test_pings_are_answered_before_and_after_the_acknowledgement(any_server: Server) -> None:
    async with opened(any_server) as socket:
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.say("pong")
        await socket.initialise()
        await socket.say("pong", payload={"any": "thing"})
        await socket.say("ping", payload={"any": "thing"})
        assert await socket.hear() == {"type": "pong"}


async def test_what_is_completed_twice_or_was_never_asked_is_nothing(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        for id_ in ("none", "none"):
            await socket.say("complete", id=id_)
        assert await socket.answer(TOTAL) == total(0)


async def test_no_more_operations_are_under_way_than_the_setting_allows(
    any_server: Server,
) -> None:
    async with initialised(any_server) as socket:
        for number in range(5):
            await socket.ask(str(number), LIVE_TOTAL)
            assert (await socket.hear())["type"] == "next"
        await socket.ask("more", TOTAL)
        message = await socket.hear()
        assert (message["id"], message["type"]) == ("more", "error")
        assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS", "limit": 5}
        await socket.say("complete", id="0")
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.ask("more", TOTAL)
        assert (await socket.hear())["type"] == "next"


# How it is closed


async def test_another_subprotocol_or_none_is_not_spoken(any_server: Server) -> None:
    for offered in ((), ("graphql-ws",)):
        async with opened(any_server, subprotocols=offered) as socket:
            assert socket.connection.subprotocol is None
            assert await socket.closed() == (4406, "The subprotocol is graphql-transport-ws.")
    async with opened(any_server, subprotocols=("graphql-ws", SUBPROTOCOL)) as socket:
        assert socket.connection.subprotocol == SUBPROTOCOL
        await socket.initialise()


async def test_nothing_is_compressed(any_server: Server) -> None:
    async with opened(any_server, compression="deflate") as socket:
        response = socket.connection.response
        assert response is not None
        assert "sec-websocket-extensions" not in response.headers
        assert response.headers["x-request-id"]


async def test_who_does_not_say_who_they_are_is_not_waited_for(any_server: Server) -> None:
    async with opened(any_server) as socket:
        await socket.say("ping")
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_nobody_asks_before_they_are_acknowledged(any_server: Server) -> None:
    async with opened(any_server) as socket:
        await socket.ask("a", TOTAL)
        assert await socket.closed() == (4401, "Unauthorized")


async def test_nobody_says_twice_who_they_are(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        await socket.say("connection_init")
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_an_id_is_of_one_operation_at_a_time(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        await socket.ask("a", LIVE_TOTAL)
        await socket.ask("a", LIVE_TOTAL)
        assert await socket.closed() == (4409, "Subscriber for a already exists")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no JSON", "The message is not JSON: "),
        ("[]", "The message is no JSON object."),
        ("{}", "The message is of no known type."),
        ('{"type": 1}', "The message is of no known type."),
        ('{"type": "start", "id": "1"}', "The message is of no known type."),
        ('{"type": "connection_ack"}', "The message is of no known type."),
        ('{"type": "ping", "payload": 1}', "The payload of ping must be an object."),
        ('{"type": "complete"}', "The id of complete must have 1 to 256 characters."),
        ('{"type": "complete", "id": ""}', "The id of complete must have"),
        ('{"type": "complete", "id": 1}', "The id of complete must have"),
        (json.dumps({"type": "complete", "id": "x" * 257}), "The id of complete must have"),
        ('{"type": "subscribe", "id": "1"}', "The payload of subscribe needs a query."),
        ('{"type": "subscribe", "id": "1", "payload": {}}', "The payload of subscribe needs"),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
            "query is not of the type that subscribe needs.",
        ),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
            "variables is not of the type that subscribe needs.",
        ),
    ],
)
async def test_what_is_no_message_closes_the_socket(
    any_server: Server, text: str, reason: str
) -> None:
    async with initialised(any_server) as socket:
        await socket.connection.send(text)
        code, said = await socket.closed()
        assert code == 4400
        assert said.startswith(reason)


async def test_binary_messages_are_not_taken(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        await socket.connection.send(b'{"type": "ping"}')
        assert await socket.closed() == (4400, "Messages are text, not binary.")


async def test_a_message_in_fragments_is_one(any_server: Server) -> None:
    text = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": TOTAL}})
    async with initialised(any_server) as socket:
        await socket.connection.send([*text])
        assert (await socket.hear())["payload"] == total(0)


async def test_a_message_is_as_long_as_a_body_may_be(any_server: Server) -> None:
    async with initialised(any_server) as socket:
        await socket.say("ping", payload={"x": "a" * 19_900})
        assert await socket.hear() == {"type": "pong"}
        await socket.say("ping", payload={"x": "a" * 20_000})
        code, _ = await socket.closed()
        assert code == 1009
    async with initialised(any_server) as socket:
        await socket.connection.send(['{"type": "ping", "payload": {"x": "', *(["a" * 500] * 50)])
        code, _ = await socket.closed()
        assert code == 1009


async def test_each_operation_and_the_socket_have_a_line_in_the_log(any_server: Server) -> None:
    async with initialised(any_server, headers={"X-Request-Id": "of-this-test"}) as socket:
        await socket.ask("s", "subscription Watch { live { classifications { totalCount } } }")
        await socket.hear()
        await socket.answer("query Once { classifications { totalCount } }")
        await socket.answer("query Wrong { nothing }")
    lines: list[Any] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(lines) < 4 and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        lines = [line for line in any_server.logged() if line.get("request_id") == "of-this-test"]
    assert {line.get("close_code") for line in lines} == {None, 1000}
    told = {
        line.get("operation"): (
            line["method"],
            line["route"],
            line["status"],
            line.get("result"),
            line.get("frames"),
        )
        for line in lines
    }
    assert told == {
        "Watch": ("WEBSOCKET", "/graphql", 200, "ok", 1),
        "Once": ("WEBSOCKET", "/graphql", 200, "ok", None),
        "Wrong": ("WEBSOCKET", "/graphql", 400, "refused", None),
        None: ("WEBSOCKET", "/graphql", 101, None, 5),
    }
