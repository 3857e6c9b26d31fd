"""So many connections at once: who waits gives way, who works stays, and probes are answered."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gateway.cli.serving import allow_files
from gateway.http.connections import SLOTS_FOR_PROBES
from tests.http.raw import answer_to, connect, next_status, refusal, statuses, until_closed
from tests.server import Server, serving

LIMIT = 3
REACHED = f"All {LIMIT} connections are in use"
GET = b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n"
BODY = b'{"query": "{ __typename }"}'
POST = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
POST += b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(BODY)
PATIENT = {
    "STATS_GATEWAY_CONNECTIONS": str(LIMIT),
    "STATS_GATEWAY_KEEP_ALIVE_SECONDS": "600",
    "STATS_GATEWAY_HEAD_TIMEOUT_SECONDS": "600",
    "STATS_GATEWAY_STALL_SECONDS": "600",
}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served"), **PATIENT) as running:
        yield running


def waiting(server: Server, stack: ExitStack) -> socket.socket:
    """A connection that has had an answer and has no further request yet."""
    connection = stack.enter_context(connect(server))
    connection.sendall(GET)
    assert next_status(connection) == 200
    return connection


def working(server: Server, stack: ExitStack) -> socket.socket:
    """A connection whose request is under way: its body is asked for."""
    connection = stack.enter_context(connect(server))
    connection.sendall(POST)
    assert next_status(connection) == 100
    return connection


def finish(connection: socket.socket) -> None:
    connection.sendall(BODY)
    assert next_status(connection) == 200


def test_who_waits_longest_gives_way(server: Server) -> None:
    with ExitStack() as stack:
        first, second, third = (waiting(server, stack) for _ in range(LIMIT))
        first.sendall(GET)
        assert next_status(first) == 200
        fourth = waiting(server, stack)
        assert until_closed(second) == b""
        for one in (first, third, fourth):
            one.sendall(GET)
            assert next_status(one) == 200


def test_half_a_head_gives_way_and_a_request_under_way_does_not(server: Server) -> None:
    with ExitStack() as stack:
        begun = working(server, stack)
        halves = [stack.enter_context(connect(server)) for _ in range(LIMIT - 1)]
        for half in halves:
            half.sendall(GET[:-2])
        for _ in range(2 * LIMIT):
            waiting(server, stack)
        for half in halves:
            assert until_closed(half) == b""
        finish(begun)


def test_beside_requests_under_way_there_is_no_place_but_for_probes(server: Server) -> None:
    with ExitStack() as stack:
        begun = [working(server, stack) for _ in range(LIMIT)]
        for _ in range(3):
            answer = answer_to(server, POST)
            assert refusal(answer) == (
                503,
                "UNAVAILABLE",
                "The server has too many connections: try again in a moment.",
            )
            assert b"\r\nretry-after: 1\r\n" in answer
            for probe in (b"livez", b"readyz", b"livez?from=me"):
                answer = answer_to(server, GET.replace(b"livez", probe))
                assert statuses(answer) == [200]
                assert b"\r\nconnection: close\r\n" in answer
        for one in begun:
            finish(one)
        assert statuses(
            answer_to(server, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        ) == [200]


def test_without_a_place_only_some_may_wait_to_be_told(server: Server) -> None:
    with ExitStack() as stack:
        begun = [working(server, stack) for _ in range(LIMIT)]
        others = [stack.enter_context(connect(server)) for _ in range(SLOTS_FOR_PROBES + 5)]
        for one in others[:5]:
            assert until_closed(one) == b""
        for one in others[5:]:
            one.sendall(GET)
            assert statuses(until_closed(one)) == [200]
        for one in begun:
            finish(one)


def test_the_log_says_once_that_the_limit_is_reached(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(4 * LIMIT):
            waiting(server, stack)
    server.wait_for(REACHED)
    # All of them are gone: reaching it again is said again.
    assert statuses(answer_to(server, GET.replace(b"1.1", b"1.0"))) == [200]
    with ExitStack() as stack:
        for _ in range(4 * LIMIT):
            waiting(server, stack)
    server.wait_for(REACHED, times=2)


def test_a_process_may_open_as_many_files_as_its_limits_need() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[0] // 2, before[1]))
        allow_files(before[0] // 2 + 10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[0] // 2 + 10
        allow_files(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[0] // 2 + 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
