"""A server that is told to stop under load answers all that it has begun."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server import DEADLINE_SECONDS, Server, environment, serving

CLIENTS = 6
BODY = json.dumps({"query": "query Load { classifications { totalCount } }"})
ANSWER = {"data": {"classifications": {"totalCount": 0}}}


class Clients:
    """Clients that ask over connections that they keep, until nobody listens any more."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answered: set[str] = set()
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def ask(self, name: int) -> None:
        """Ask again and again, on a new connection if the server has closed one unused."""
        with httpx.Client(timeout=DEADLINE_SECONDS) as client:
            for number in range(1_000_000):
                request_id = f"load-{name}-{number}"
                headers = {"x-request-id": request_id, "content-type": "application/json"}
                try:
                    response = client.post(self._url, content=BODY, headers=headers)
                except httpx.ConnectError:
                    return
                except httpx.TransportError:
                    # Closed before a byte of the response: the log must not know of it.
                    continue
                with self._lock:
                    if response.status_code == 200 and response.json() == ANSWER:
                        self.answered.add(request_id)
                    else:
                        self.wrong.append(f"{request_id}: {response.status_code} {response.text}")

    def wait_for(self, count: int) -> None:
        """Wait until that many requests have been answered."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(self.answered) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.answered) >= count


def logged(server: Server) -> list[tuple[str, int | None]]:
    """Ids and statuses of the clients' requests, as the server logged them."""
    return [
        (line["request_id"], line["status"])
        for line in server.logged()
        if line["event"] == "request" and line["request_id"].startswith("load-")
    ]


@contextmanager
def begun(url: str, request_id: str) -> Iterator[socket.socket]:
    """A connection with a request that the server has begun, and whose body it waits for."""
    parts = urlsplit(url)
    head = (
        "POST /graphql HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        f"X-Request-Id: {request_id}",
        "Expect: 100-continue",
        "",
        "",
    )
    address = (parts.hostname, parts.port)
    with socket.create_connection(address, DEADLINE_SECONDS) as connection:
        connection.sendall("\r\n".join(head).encode())
        # Sent when the endpoint asks for the body, and not earlier.
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        yield connection


def finish(connection: socket.socket) -> None:
    """Send the body: the answer comes, and then the connection is closed."""
    connection.sendall(BODY.encode())
    chunks = []
    while chunk := connection.recv(65_536):
        chunks.append(chunk)
    head, _, body = b"".join(chunks).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close" in head
    assert json.loads(body) == ANSWER


@pytest.mark.parametrize("drain", ["0", "0.5"])
@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_that_was_begun_is_lost(tmp_path: Path, workers: int, drain: str) -> None:
    settings = {
        "STATS_GATEWAY_DRAIN_SECONDS": drain,
        "STATS_GATEWAY_SHUTDOWN_TIMEOUT_SECONDS": str(DEADLINE_SECONDS),
    }
    with (
        ThreadPoolExecutor(CLIENTS) as threads,
        serving(tmp_path, "--workers", str(workers), **settings) as server,
        ExitStack() as connections,
    ):
        server.wait_for("Application startup complete.", times=workers)
        clients = Clients(server.url)
        asking = [threads.submit(clients.ask, name) for name in range(CLIENTS)]
        under_way = {
            request_id: connections.enter_context(begun(server.url, request_id))
            for request_id in (f"load-begun-{number}" for number in range(CLIENTS))
        }
        clients.wait_for(20 * CLIENTS)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("Shutting down", times=workers)
        for connection in under_way.values():
            finish(connection)
        # One process ends by the signal that it was sent, the parent of several by itself.
        assert server.process.wait(DEADLINE_SECONDS) == (-signal.SIGTERM if workers == 1 else 0)
        for one in asking:
            one.result(DEADLINE_SECONDS)
    assert clients.wrong == []
    answered = clients.answered | set(under_way)
    assert sorted(logged(server)) == sorted((request_id, 200) for request_id in answered)


def test_while_draining_requests_are_answered_and_readiness_is_not(tmp_path: Path) -> None:
    forever = {"STATS_GATEWAY_DRAIN_SECONDS": "86400"}
    with serving(tmp_path, **forever) as server, httpx.Client() as client:
        ready = server.url.replace("/graphql", "/readyz")
        assert "connection" not in client.get(ready).headers
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (told := client.get(ready)).status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (told.status_code, told.json()) == (
            503,
            {"status": "unavailable", "reason": "The server is shutting down."},
        )
        answer = client.post(server.url, json=json.loads(BODY))
        assert (answer.json(), answer.headers["connection"]) == (ANSWER, "close")
        assert client.get(ready.replace("readyz", "livez")).status_code == 200
        # The second signal ends it.
        assert server.stop() == -signal.SIGTERM


@contextmanager
def streaming(folder: Path, deadline_seconds: int) -> Iterator[Server]:
    """The gateway beside a stream that is given up so long after the signal."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "uvicorn", "tests.faults.streaming:application", "--factory"]
    options = ["--port", "0", "--timeout-graceful-shutdown", str(deadline_seconds)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *options],
            env=environment(folder, {"PYTHONUNBUFFERED": "1"}),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = Server(process, "", log)
    try:
        server.wait_for("Uvicorn running on")
        _, _, line = log.read_text().partition("Uvicorn running on ")
        server.url = f"{line.split()[0]}/graphql"
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def open_stream(server: Server) -> Iterator[Iterator[bytes]]:
    """The chunks of a response that has begun and does not end by itself."""
    url = server.url.replace("graphql", "stream")
    with httpx.stream("GET", url, timeout=DEADLINE_SECONDS) as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"event: first\n\n"
        yield chunks


def test_beside_an_open_stream_a_request_is_finished(tmp_path: Path) -> None:
    with streaming(tmp_path, DEADLINE_SECONDS) as server:
        with open_stream(server), begun(server.url, "load-begun") as connection:
            server.process.send_signal(signal.SIGTERM)
            server.wait_for("Shutting down")
            finish(connection)
        # The client has closed the stream: nothing is left to wait for.
        assert server.process.wait(DEADLINE_SECONDS) == -signal.SIGTERM
    assert logged(server) == [("load-begun", 200)]
    assert "timeout graceful shutdown exceeded" not in server.log.read_text()


def test_an_open_stream_does_not_outlast_the_deadline(tmp_path: Path) -> None:
    with streaming(tmp_path, 1) as server, open_stream(server) as chunks:
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)
        assert server.process.wait(DEADLINE_SECONDS) == -signal.SIGTERM
    assert "Application shutdown complete." in server.log.read_text()
