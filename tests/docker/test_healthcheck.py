"""The container's health check is run as the container runs it: as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HEALTHCHECK = Path(__file__).parents[2] / "docker" / "healthcheck.py"


@contextmanager
def server_whose_readyz_answers(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *words: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def exit_status(port: int, **environment: str) -> int:
    return subprocess.run(
        [sys.executable, HEALTHCHECK],
        env={**os.environ, "STATS_GATEWAY_PORT": str(port), **environment},
        timeout=20,
        check=False,
    ).returncode


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1), (404, 1), (302, 1)])
def test_only_a_readyz_of_200_is_healthy(status: int, expected: int) -> None:
    with server_whose_readyz_answers(status) as port:
        assert exit_status(port) == expected


def test_a_port_nobody_listens_on_is_unhealthy() -> None:
    with server_whose_readyz_answers(200) as port:
        pass

    assert exit_status(port) == 1


def test_a_proxy_in_the_environment_is_not_asked() -> None:
    with server_whose_readyz_answers(200) as port, server_whose_readyz_answers(503) as proxy:
        assert exit_status(port, http_proxy=f"http://127.0.0.1:{proxy}") == 0
