"""The container's health check is run as the container runs it: as a process of its own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

HEALTHCHECK = Path(__file__).parents[2] / "docker" / "healthcheck.py"


@contextmanager
def server_whose_readyz_answers(status: int, address: str = "127.0.0.1") -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *words: object) -> None: ...

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with Server((address, 0), Handler) as server:
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


def test_a_server_on_all_addresses_is_asked_in_their_family() -> None:
    with server_whose_readyz_answers(200) as port:
        assert exit_status(port, STATS_GATEWAY_HOST="0.0.0.0") == 0
    try:
        with server_whose_readyz_answers(200, "::1") as port:
            assert exit_status(port, STATS_GATEWAY_HOST="::") == 0
            assert exit_status(port, STATS_GATEWAY_HOST="0.0.0.0") == 1
    except OSError:
        pytest.skip("This machine has no IPv6.")


@pytest.mark.parametrize(
    ("command", "settings", "expected"),
    [
        ([], {}, ("127.0.0.1", 8000)),
        (["stats-gateway", "serve"], {"PORT": "8001", "HOST": "::"}, ("::1", 8001)),
        (["stats-gateway", "serve", "--port", "9"], {"PORT": "8001"}, ("127.0.0.1", 9)),
        (["stats-gateway", "serve", "--host=10.0.0.5", "--port=9"], {}, ("10.0.0.5", 9)),
        (["/sbin/init", "--", "stats-gateway", "serve", "--host", "::"], {}, ("::1", 8000)),
    ],
)
def test_the_server_is_where_its_command_and_settings_say(
    command: list[str], settings: dict[str, str], expected: tuple[str, int]
) -> None:
    environ = {f"STATS_GATEWAY_{name}": value for name, value in settings.items()}

    assert healthcheck().served_at(command, environ) == expected


def healthcheck() -> Any:
    """The file as a module: it belongs to no package."""
    spec = importlib.util.spec_from_file_location("healthcheck", HEALTHCHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
