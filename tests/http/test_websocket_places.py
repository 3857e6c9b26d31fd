"""WebSockets among all connections: those with operations stay, others give way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.http.raw import connect, refusal, statuses, until_closed
from tests.http.raw_websocket import close_code, handshake, hear_json, message, open_socket
from tests.http.test_slow_peers import wait_until
from tests.server import Server, serving

LIMIT = 3
SETTINGS = {
    "STATS_GATEWAY_CONNECTIONS": str(LIMIT),
    "STATS_GATEWAY_KEEP_ALIVE_SECONDS": "600",
    "STATS_GATEWAY_HEAD_TIMEOUT_SECONDS": "600",
    "STATS_GATEWAY_HEARTBEAT_SECONDS": "60",
}
QUERY = {"query": "subscription { live { classifications { totalCount } } }"}
ACK = {"type": "connection_ack"}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served"), **SETTINGS) as running:
        yield running


def idle(server: Server, stack: ExitStack) -> socket.socket:
    connection = stack.enter_context(open_socket(server))
    connection.sendall(message("connection_init"))
    assert hear_json(connection) == ACK
    return connection


def watching(server: Server, stack: ExitStack) -> socket.socket:
    connection = idle(server, stack)
    watch(connection)
    return connection


def watch(connection: socket.socket) -> None:
    connection.sendall(message("subscribe", id="1", payload=QUERY))
    assert hear_json(connection)["type"] == "next"


def refused(server: Server) -> bool:
    with connect(server) as connection:
        connection.sendall(handshake("/nowhere"))
        answer = until_closed(connection)
    if statuses(answer) == [404]:
        return False
    assert refusal(answer).code == "UNAVAILABLE"
    return True


def test_a_socket_without_operations_gives_way_and_is_told_to_come_back(server: Server) -> None:
    with ExitStack() as stack:
        first, second, third = (idle(server, stack) for _ in range(LIMIT))
        watch(first)
        # All that it watched is over: it waits from now on, behind the others.
        first.sendall(message("complete", id="1"))
        first.sendall(message("ping"))
        assert hear_json(first) == {"type": "pong"}
        fourth = watching(server, stack)
        assert close_code(second) == 1013
        fifth = watching(server, stack)
        assert close_code(third) == 1013
        for one in (first, fourth, fifth):
            one.sendall(message("ping"))
            assert hear_json(one) == {"type": "pong"}


def test_sockets_with_operations_stay_and_leave_a_tenth_of_all_places_to_others(
    server: Server,
) -> None:
    with ExitStack() as stack:
        first, second = (watching(server, stack) for _ in range(LIMIT - 1))
        third = idle(server, stack)
        third.sendall(message("subscribe", id="1", payload=QUERY))
        answer = hear_json(third)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"][0]["extensions"] == {"code": "UNAVAILABLE"}
        # It is idle, so that others find a place.
        assert not refused(server)
        assert close_code(third) == 1013
        for one in (first, second):
            one.sendall(message("ping"))
            assert hear_json(one) == {"type": "pong"}
        # However it goes: here without a word.
        first.close()
        wait_until(lambda: may_watch(server))
        second.sendall(message("complete", id="1"))
        wait_until(lambda: may_watch(server))


def may_watch(server: Server) -> bool:
    with ExitStack() as stack:
        connection = idle(server, stack)
        connection.sendall(message("subscribe", id="1", payload=QUERY))
        return bool(hear_json(connection)["type"] == "next")


def test_who_has_not_said_who_they_are_keeps_the_place_for_a_moment_only(server: Server) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(open_socket(server)) for _ in range(LIMIT)]
        wait_until(lambda: not refused(server))
        assert close_code(sockets[0]) == 4408
