"""Clients that send or read too slowly are given up, and those that are merely slow are not."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import repeat

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.http.raw import connect, drip, next_status, refusal, statuses, until_closed
from tests.server import DEADLINE_SECONDS, Server, serving

STREAM = ("stream", "sesame")
#: A second of less than this is too slow.
BYTES_PER_SECOND = 2000
SETTINGS = {
    "STATS_GATEWAY_HEAD_TIMEOUT_SECONDS": "1",
    "STATS_GATEWAY_STALL_SECONDS": "1",
    "STATS_GATEWAY_BYTES_PER_SECOND": str(BYTES_PER_SECOND),
    "STATS_GATEWAY_KEEP_ALIVE_SECONDS": "1",
    "STATS_GATEWAY_STREAM_USERNAME": STREAM[0],
    "STATS_GATEWAY_STREAM_PASSWORD": STREAM[1],
    "STATS_GATEWAY_ALIAS_LIMIT": "10000",
    "STATS_GATEWAY_TOKEN_LIMIT": "10000",
    "STATS_GATEWAY_INCREMENTAL_DELIVERY": "true",
}
POST = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
OFTEN = 10_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


METRICS_PORT = free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("served"), str(METRICS_PORT)
    own = {"STATS_GATEWAY_METRICS_PORT": port, "STATS_GATEWAY_GROUPS": "own"}
    with serving(folder, **SETTINGS, **own) as running:
        yield running


def metric(name: str, **labels: str) -> float:
    return metric_at(METRICS_PORT, name, **labels)


def metric_at(port: int, name: str, **labels: str) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return next((one.value for one in samples if (one.name, one.labels) == (name, labels)), 0)


def closed(reason: str) -> float:
    return metric("stats_gateway_connections_closed_total", reason=reason)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def livez(server: Server) -> int:
    return httpx.get(server.url.replace("graphql", "livez"), timeout=60).status_code


def test_a_head_that_drips_is_given_up(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\nX: ")
        assert drip(connection, repeat(b"a", OFTEN), 0.05) < OFTEN
        assert refusal(until_closed(connection)) == (
            408,
            "REQUEST_TIMEOUT",
            "The request's headers did not arrive within 1 seconds.",
        )


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", b"\x16"])
def test_what_begins_and_says_no_more_is_closed(server: Server, said: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(said)
        answer = until_closed(connection)
    # Who has not said a word was perhaps only connected in advance, and is told nothing.
    assert bool(answer) is bool(said.strip())


def test_a_second_head_has_as_long_as_the_first(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n")
        assert next_status(connection) == 200
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\nX: ")
        assert drip(connection, repeat(b"a", OFTEN), 0.05) < OFTEN
        assert refusal(until_closed(connection)).status == 408


def test_blank_lines_before_a_head_are_part_of_its_time(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n")
        assert next_status(connection) == 200
        assert drip(connection, repeat(b"\r\n", OFTEN), 0.05) < OFTEN


def test_a_connection_without_a_request_is_kept_for_so_long(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n")
        assert statuses(until_closed(connection)) == [200]


@pytest.mark.parametrize(
    ("framing", "piece"),
    [
        (b"Content-Length: 900000\r\n\r\n", b"a"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a"),
    ],
    ids=["length", "chunks", "extension of a chunk", "trailer"],
)
def test_a_body_that_drips_is_given_up(server: Server, framing: bytes, piece: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(POST + framing)
        assert drip(connection, repeat(piece, OFTEN), 0.05) < OFTEN
        assert refusal(until_closed(connection)) == (
            408,
            "REQUEST_TIMEOUT",
            f"The request's body arrived at less than {BYTES_PER_SECOND:,} bytes per second.",
        )


def test_a_slow_body_of_a_path_whose_clients_would_ask_for_ever_is_a_bad_request(
    server: Server,
) -> None:
    head = POST.replace(b"/graphql", b"/api/user_groups/1/links/users", 1)
    with connect(server) as connection:
        connection.sendall(head + b"Content-Length: 900000\r\n\r\n")
        assert drip(connection, repeat(b"a", OFTEN), 0.05) < OFTEN
        assert refusal(until_closed(connection))[:2] == (400, "BAD_REQUEST")


def test_a_body_that_does_not_come_after_100_continue_is_given_up(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        assert statuses(until_closed(connection)) == [100, 408]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_slow_batch_of_16_mib_passes(server: Server, *, chunked: bool) -> None:
    body = b'{"payload": []}'.ljust(16_777_216)

    def slowly() -> Iterator[bytes]:
        for start in range(0, len(body), 262_144):
            yield body[start : start + 262_144]
            time.sleep(0.06)

    headers = {"Content-Type": "application/json"}
    if not chunked:
        headers["Content-Length"] = str(len(body))
    began = time.monotonic()
    response = httpx.post(
        server.url.replace("graphql", "kinesis"),
        content=slowly(),
        headers=headers,
        auth=STREAM,
        timeout=120,
    )
    assert response.status_code == 204
    assert time.monotonic() - began > 3  # seconds in which it could have been given up


def test_the_rest_of_a_body_that_is_answered_is_not_waited_for(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(POST.replace(b"graphql", b"kinesis") + b"Content-Length: 900000\r\n\r\n")
        assert drip(connection, repeat(b"a", OFTEN), 0.05) < OFTEN
        # Looked at, and still there: the refusal of who has no password.
        assert statuses(until_closed(connection)) == [403]


def test_without_a_body_that_was_not_asked_for_the_connection_is_over(server: Server) -> None:
    head = POST.replace(b"graphql", b"kinesis") + b"Content-Length: 9\r\n"
    with connect(server) as connection:
        connection.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert statuses(until_closed(connection)) == [403]


ALL = " fragment all on __Schema { types { name description fields { name description } } }"
TIMES = [
    " ".join(f"a{n}: __schema {{ ...all }}" for n in range(at, at + 20)) for at in range(0, 240, 20)
]
BIG = f"{{ {' '.join(TIMES)} }} {ALL}"
BIG_IN_PARTS = f"{{ {' '.join(f'... @defer {{ {some} }}' for some in TIMES)} }} {ALL}"


def ask_big(server: Server, accept: str = "*/*", query: str = BIG) -> socket.socket:
    """A connection with a small window that has asked for many megabytes."""
    url = httpx.URL(server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.settimeout(120)
    connection.connect((url.host, url.port))
    body = json.dumps({"query": query}).encode()
    head = f"Accept: {accept}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(POST + head.encode() + body)
    return connection


def count_rest(connection: socket.socket, pause_seconds: float = 0, size: int = 262_144) -> int:
    """How many bytes still come, with a pause after each piece."""
    received = 0
    with suppress(ConnectionResetError):
        while data := connection.recv(size):
            received += len(data)
            time.sleep(pause_seconds)
    return received


def length_of(connection: socket.socket) -> int:
    head = connection.recv(4096, socket.MSG_PEEK).lower()
    content, _, _ = head.partition(b"content-length: ")[2].partition(b"\r\n")
    return head.index(b"\r\n\r\n") + 4 + int(content)


def test_an_answer_that_nobody_reads_is_given_up(server: Server) -> None:
    before = closed("slow_reader")
    with ask_big(server) as connection:
        expected = length_of(connection)
        assert expected > 8_000_000  # more than the system takes over by itself
        wait_until(lambda: closed("slow_reader") == before + 1)
        assert count_rest(connection) < expected


def test_an_answer_that_is_read_by_the_byte_is_given_up(server: Server) -> None:
    before = closed("slow_reader")
    with ask_big(server) as connection:
        expected = length_of(connection)

        def read_a_byte() -> bool:
            nonlocal expected
            expected -= len(connection.recv(1))
            return closed("slow_reader") == before + 1

        wait_until(read_a_byte)
        assert count_rest(connection) < expected


def test_an_answer_that_is_read_slowly_comes_whole(server: Server) -> None:
    with ask_big(server) as connection:
        expected = length_of(connection)
        began = time.monotonic()
        assert count_rest(connection, pause_seconds=0.04) == expected
        assert time.monotonic() - began > 2  # seconds in which it could have been given up


def test_an_answer_in_parts_that_is_read_slowly_comes_whole(server: Server) -> None:
    with ask_big(server, "multipart/mixed", BIG_IN_PARTS) as one:
        began = time.monotonic()
        received = b""
        while data := one.recv(262_144):
            received += data
            time.sleep(0.04)
        assert time.monotonic() - began > 2
    assert b"content-type: multipart/mixed" in received[:4096]
    assert received.endswith(b"--\r\n\r\n0\r\n\r\n")
    assert len(received) > 8_000_000


def test_a_thousand_and_a_half_of_heads_that_never_end_do_not_stay(server: Server) -> None:
    with ExitStack() as stack:
        half_open = [stack.enter_context(connect(server)) for _ in range(1500)]
        for connection in half_open:
            with suppress(OSError):  # gave way already
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: g\r\nX: ")
        assert livez(server) == 200
        for connection in half_open:
            until_closed(connection)
        wait_until(lambda: metric("stats_gateway_connections") == 0)
    assert closed("gave_way") >= 500
    assert server.log.read_text().count("All 1000 connections are in use") == 1
