"""What breaks the rules of WebSockets closes them, and what floods them is taken at their pace."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from select import select

import httpx
import psutil
import pytest
from websockets.frames import Opcode

from tests.http.raw_websocket import (
    PING,
    close_code,
    frame,
    hear,
    hear_json,
    initialised_socket,
    message,
    open_socket,
    text,
)
from tests.http.test_slow_peers import free_port, metric_at
from tests.server import DEADLINE_SECONDS, Server, serving

METRICS_PORT = free_port()
SETTINGS = {
    "STATS_GATEWAY_METRICS_PORT": str(METRICS_PORT),
    "STATS_GATEWAY_STALL_SECONDS": "4",
    "STATS_GATEWAY_BYTES_PER_SECOND": "2000",
    "STATS_GATEWAY_HEARTBEAT_SECONDS": "4",
}
PONG = {"type": "pong"}
#: What a flood may add to the memory of the server.
MOST_BYTES = 50_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served"), **SETTINGS) as running:
        yield running


def closed(reason: str) -> float:
    return metric_at(METRICS_PORT, "stats_gateway_connections_closed_total", reason=reason)


def memory(server: Server) -> int:
    used: int = psutil.Process(server.process.pid).memory_info().rss
    return used


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


#: By what is wrong: what a client sends (the masks are random), and how it is closed.
VIOLATIONS = {
    "not masked": (b"\x81\x02{}", 1002),
    "reserved bits": (b"\xc1" + text(b"{}")[1:], 1002),
    "no such opcode": (b"\x83" + text(b"{}")[1:], 1002),
    "continues nothing": (frame(Opcode.CONT, b"{}"), 1002),
    "begins amid another": (text(b"{", fin=False) + text(b"}"), 1002),
    "part of a ping": (b"\x09" + frame(Opcode.PING)[1:], 1002),
    "long ping": (b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),
    "half a close code": (frame(Opcode.CLOSE, b"\x03"), 1002),
    "reserved close code": (frame(Opcode.CLOSE, (1005).to_bytes(2)), 1002),
    "text not UTF-8": (text(b'{"type": "\xff"}'), 1007),
    "reason not UTF-8": (frame(Opcode.CLOSE, (1000).to_bytes(2) + b"\xff"), 1007),
    # Only its length is sent.
    "large frame": (b"\x81\xff" + (2**40).to_bytes(8), 1009),
    "large in parts": (
        text(b"a" * 1_000_000, fin=False) + frame(Opcode.CONT, b"a" * 100_000),
        1009,
    ),
}


@pytest.mark.parametrize("wrong", VIOLATIONS)
def test_what_breaks_a_rule_is_told_and_closed(server: Server, wrong: str) -> None:
    sent, code = VIOLATIONS[wrong]
    with open_socket(server) as connection:
        connection.sendall(sent)
        # What follows is not read any more.
        with suppress(OSError):
            connection.sendall(message("ping") * 100)
        assert close_code(connection) == code


def test_a_close_frame_is_answered_with_its_own_code(server: Server) -> None:
    for data, code in (((1000).to_bytes(2) + b"bye", 1000), ((4999).to_bytes(2), 4999)):
        with open_socket(server) as connection:
            connection.sendall(frame(Opcode.CLOSE, data) + message("ping"))
            assert close_code(connection) == code
    with open_socket(server) as connection:
        connection.sendall(frame(Opcode.CLOSE))
        assert hear(connection) == (Opcode.CLOSE, b"")


def test_pings_of_frames_are_answered_also_amid_fragments(server: Server) -> None:
    with initialised_socket(server) as connection:
        connection.sendall(text(PING[:5], fin=False))
        connection.sendall(frame(Opcode.PING, b"x"))
        assert hear(connection) == (Opcode.PONG, b"x")
        connection.sendall(frame(Opcode.CONT, b"", fin=False) * 1000)
        connection.sendall(frame(Opcode.CONT, PING[5:]))
        assert hear_json(connection) == PONG


def test_messages_in_pieces_of_any_length_are_whole(server: Server) -> None:
    whole = message("ping") * 3
    with initialised_socket(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(whole)):
            connection.sendall(whole[at : at + 1])
        assert [hear_json(connection) for _ in range(3)] == [PONG] * 3


def test_a_flood_of_messages_is_answered_message_by_message(server: Server) -> None:
    """And others are answered meanwhile."""
    before = memory(server)
    with initialised_socket(server) as connection, ExitStack() as stack:
        other = stack.enter_context(initialised_socket(server))
        for _ in range(20):
            connection.sendall(message("ping") * 500)
            other.sendall(message("ping"))
            assert hear_json(other) == PONG
            assert [hear_json(connection) for _ in range(500)] == [PONG] * 500
    assert memory(server) - before < MOST_BYTES


@pytest.mark.parametrize(
    "sent",
    [message("ping"), frame(Opcode.PING, b"x" * 125)],
    ids=["messages", "pings"],
)
def test_who_floods_and_reads_nothing_is_held_back_and_dropped(server: Server, sent: bytes) -> None:
    before, dropped = memory(server), closed("slow_reader")
    with initialised_socket(server, receive_bytes=4096) as connection:
        connection.settimeout(0.2)
        deadline = time.monotonic() + DEADLINE_SECONDS
        total = 0
        with suppress(ConnectionError):
            while time.monotonic() < deadline:
                with suppress(TimeoutError):
                    total += connection.send(sent * 1000)
                assert memory(server) - before < MOST_BYTES
        wait_until(lambda: closed("slow_reader") == dropped + 1)
    assert total < 100_000_000


def test_who_reads_no_answers_is_dropped_and_their_operations_with_them(server: Server) -> None:
    before, dropped = memory(server), closed("slow_reader")
    query = "{ __schema { types { name description fields { name description } } } }"
    with open_socket(server, receive_bytes=4096) as connection:
        connection.sendall(message("connection_init"))
        for number in range(100):
            connection.sendall(message("subscribe", id=str(number), payload={"query": query}))
        wait_until(lambda: closed("slow_reader") == dropped + 1)
    assert memory(server) - before < MOST_BYTES
    wait_until(lambda: metric_at(METRICS_PORT, "stats_gateway_requests_in_progress") == 0)


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (text(b"a" * 500, fin=False), frame(Opcode.CONT, b"a", fin=False)),
        (text(b"a" * 60_000)[:500], b"a"),
    ],
    ids=["fragments", "a frame"],
)
def test_a_message_that_drips_is_given_up(server: Server, begun: bytes, piece: bytes) -> None:
    before = closed("slow_body")
    with initialised_socket(server) as connection:
        connection.sendall(begun)
        deadline = time.monotonic() + DEADLINE_SECONDS
        heard = None
        while heard is None or heard.opcode is Opcode.PING:
            assert time.monotonic() < deadline, "The server puts up with it."
            connection.sendall(piece)
            readable, _, _ = select([connection], [], [], 0.05)
            heard = hear(connection) if readable else None
        assert (heard.opcode, int.from_bytes(heard.data[:2])) == (Opcode.CLOSE, 1008)
    assert closed("slow_body") == before + 1


def test_who_gives_no_sign_of_life_is_given_up(server: Server) -> None:
    before = closed("silent")
    with initialised_socket(server) as connection:
        assert hear(connection) == (Opcode.PING, b"")
        wait_until(lambda: closed("silent") == before + 1)


def test_who_answers_pings_stays(server: Server) -> None:
    with initialised_socket(server) as connection:
        for _ in range(3):
            assert hear(connection).opcode is Opcode.PING
            connection.sendall(frame(Opcode.PONG))
        connection.sendall(message("ping"))
        assert hear_json(connection) == PONG


def test_who_subscribes_and_completes_without_end_leaves_nothing(server: Server) -> None:
    before = memory(server)
    query = {"query": "subscription { live { classifications { totalCount } } }"}
    with initialised_socket(server) as connection:
        for _ in range(20):
            for _ in range(100):
                connection.sendall(message("subscribe", id="1", payload=query))
                connection.sendall(message("complete", id="1"))
            connection.sendall(message("ping"))
            # A frame may have been on its way, and a few may have been too many at once.
            heard = hear_json(connection)
            while heard != PONG:
                assert heard["type"] in ("next", "error")
                heard = hear_json(connection)
        wait_until(lambda: metric_at(METRICS_PORT, "stats_gateway_requests_in_progress") == 0)
        connection.sendall(message("subscribe", id="1", payload=query))
        heard = hear_json(connection)
        assert (heard["id"], heard["type"]) == ("1", "next"), heard
    assert memory(server) - before < MOST_BYTES


def test_nothing_is_left_of_those_who_went(server: Server) -> None:
    def connections() -> float:
        return metric_at(METRICS_PORT, "stats_gateway_connections")

    wait_until(lambda: connections() == 0)
    with ExitStack() as stack:
        for number in range(100):
            connection = stack.enter_context(open_socket(server))
            connection.sendall(message("connection_init"))
            query = "subscription { live { classifications { totalCount } } }"
            connection.sendall(message("subscribe", id="1", payload={"query": query}))
            assert hear_json(connection) == {"type": "connection_ack"}
            assert hear_json(connection)["type"] == "next"
            if number % 2:
                # No close frame, and what was sent is not read: as when a client is killed.
                connection.sendall(message("ping")[:3])
                connection.close()
    wait_until(lambda: connections() == 0)
    assert metric_at(METRICS_PORT, "stats_gateway_requests_in_progress") == 0
    lines = [json.loads(one) for one in server.log.read_text().splitlines() if one[0] == "{"]
    assert [line for line in lines if line["level"] not in ("info", "debug")] == []
    assert httpx.get(server.url.replace("graphql", "livez")).status_code == 200
