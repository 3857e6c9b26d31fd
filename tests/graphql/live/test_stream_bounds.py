"""Clients of streams that stall, vanish, come by the thousand or send what nobody reads."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.graphql.live.reading import STREAM_SETTINGS, TOTAL, classify
from tests.http.raw import connect, statuses, until_closed
from tests.server import DEADLINE_SECONDS, Server, serving

#: A second of less than this is too slow.
BYTES_PER_SECOND = 2000
#: Longer than a client may take for one frame.
SEND_SECONDS = 3
ALIASES = " ".join(f"{'a' * 60}{n}: count" for n in range(12))
#: Some ten megabytes, which is more than the system takes over by itself.
BIG = (
    'subscription { live { classifications(range: { start: "1996-01-01", end: "2024-12-31" }) '
    "{ totalCount buckets(period: DAY, fillGaps: true) { " + ALIASES + " } } } }"
)
OPENED = 1_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


METRICS_PORT = free_port()
SETTINGS = {
    **STREAM_SETTINGS,
    "STATS_GATEWAY_HEARTBEAT_SECONDS": "0.2",
    "STATS_GATEWAY_LIVE_SECONDS": "0.1",
    "STATS_GATEWAY_STALL_SECONDS": "1",
    "STATS_GATEWAY_BYTES_PER_SECOND": str(BYTES_PER_SECOND),
    "STATS_GATEWAY_OPERATION_TIMEOUT_SECONDS": str(SEND_SECONDS),
    "STATS_GATEWAY_CONNECTIONS": "2000",
    "STATS_GATEWAY_LIVE_PER_VIEWER": "2000",
    "STATS_GATEWAY_COST_LIMIT": "5000000",
    "STATS_GATEWAY_METRICS_PORT": str(METRICS_PORT),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served"), **SETTINGS) as running:
        classify(running, 1)
        yield running


def metric(name: str, **labels: str) -> float:
    text = httpx.get(f"http://127.0.0.1:{METRICS_PORT}/metrics", timeout=60).text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return next((one.value for one in samples if (one.name, one.labels) == (name, labels)), 0)


def slow_readers() -> float:
    return metric("stats_gateway_connections_closed_total", reason="slow_reader")


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def files_of(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def streams_over(server: Server) -> int:
    """How many lines the log has of streams that are over."""
    return sum("frames" in line for line in server.logged())


def is_free(server: Server) -> bool:
    """Whether nothing is left of all streams there were."""
    return (
        metric("stats_gateway_connections") == 0
        and metric("stats_gateway_requests_in_progress") == 0
    )


def request(query: str = TOTAL, version: str = "1.1", *lines: str) -> bytes:
    """The bytes of a browser's subscription."""
    head = [
        f"GET /graphql?query={quote(query)} HTTP/{version}",
        "Host: g",
        "Accept: text/event-stream",
        *lines,
    ]
    return "\r\n".join([*head, "", ""]).encode()


def opened(server: Server, query: str = TOTAL) -> socket.socket:
    """A connection with a small window, which has subscribed."""
    url = httpx.URL(server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.settimeout(DEADLINE_SECONDS)
    connection.connect((url.host, url.port))
    connection.sendall(request(query))
    return connection


def read_until(connection: socket.socket, end: bytes, times: int = 1) -> bytes:
    received = b""
    while received.count(end) < times:
        data = connection.recv(65_536)
        assert data, received
        received += data
    return received


def test_a_reader_that_stalls_is_dropped(server: Server) -> None:
    before, over = slow_readers(), streams_over(server)
    with opened(server, BIG) as connection:
        assert connection.recv(1) == b"H"
        wait_until(lambda: slow_readers() == before + 1)
        wait_until(lambda: streams_over(server) == over + 1)
        with suppress(ConnectionResetError):
            while connection.recv(65_536):
                pass
    wait_until(lambda: is_free(server))


def test_a_reader_that_takes_a_frame_too_slowly_is_dropped(server: Server) -> None:
    before = slow_readers()
    with opened(server, BIG) as connection, suppress(ConnectionResetError):
        # Fast enough for an answer that is nobody else's, and not for one that is soon old.
        while connection.recv(16_384):
            time.sleep(0.05)
    assert slow_readers() == before + 1
    wait_until(lambda: is_free(server))
    assert "returned without completing" not in server.log.read_text()


def test_a_reader_of_big_frames_keeps_its_stream(server: Server) -> None:
    with opened(server, BIG) as connection:
        read_until(connection, b"event: next")
        classify(server, 2)
        read_until(connection, b"event: next")
        read_until(connection, b"\r\n:\n\n", 3)


@pytest.mark.parametrize("linger", [None, 0], ids=["closes", "resets"])
def test_nothing_is_left_of_clients_that_vanish(server: Server, linger: int | None) -> None:
    wait_until(lambda: is_free(server))
    files, over = files_of(server), streams_over(server)
    with ExitStack() as stack:
        for _ in range(OPENED):
            one = stack.enter_context(connect(server))
            one.sendall(request())
            read_until(one, b"event: next")
            if linger is not None:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger))
        assert metric("stats_gateway_connections") == OPENED
        # They are no work under way.
        assert metric("stats_gateway_requests_in_progress") == 0
        assert files_of(server) >= OPENED
    wait_until(lambda: is_free(server))
    wait_until(lambda: streams_over(server) == over + OPENED)
    assert files_of(server) <= files + 2  # of the database, which opens and closes its own


@pytest.mark.parametrize(
    "behind",
    [
        b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n" * 1000,
        b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Length: 900000\r\n\r\n{",
        b"x" * 1_000_000,
    ],
    ids=["requests", "half a request", "no request"],
)
def test_what_is_sent_behind_a_stream_is_not_read(server: Server, behind: bytes) -> None:
    before = metric("stats_gateway_connections_closed_total", reason="slow_body")
    with connect(server) as connection:
        connection.sendall(request())
        read_until(connection, b"event: next")
        connection.sendall(behind)
        # So many seconds that a body would have been given up.
        read_until(connection, b":\n\n", 10)
    wait_until(lambda: is_free(server))
    assert metric("stats_gateway_connections_closed_total", reason="slow_body") == before


def test_who_ends_their_side_ends_the_stream(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(request())
        read_until(connection, b"event: next")
        connection.shutdown(socket.SHUT_WR)
        until_closed(connection)
    wait_until(lambda: is_free(server))


def test_http_1_0_has_a_stream_without_chunks(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(request(TOTAL, "1.0"))
        received = read_until(connection, b":\n\n", 2)
        head, _, body = received.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"content-length" not in head
    assert b"connection: close" in head
    assert body.startswith(b"event: next\ndata: {")
    assert body.endswith(b"}\n\n:\n\n:\n\n")


def test_http_1_0_has_other_answers_as_before(server: Server) -> None:
    sent = request("{ classifications { totalCount } }", "1.0")
    with connect(server) as connection:
        connection.sendall(sent)
        answer = until_closed(connection)
    assert statuses(answer) == [200]
    assert answer.endswith(b"event: complete\ndata:\n\n")


@pytest.mark.parametrize("coding", ["gzip", "zstd", "*"])
def test_frames_are_never_compressed(server: Server, coding: str) -> None:
    with connect(server) as connection:
        connection.sendall(request(BIG, "1.1", f"Accept-Encoding: {coding}"))
        received = read_until(connection, b"event: next")
    assert b"content-encoding" not in received.partition(b"\r\n\r\n")[0]
