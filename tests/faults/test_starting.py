"""A server that starts before its database is there, or loses it while it starts."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import OwnPostgres
from tests.server import Server, started

TOTAL = {"query": "{ classifications { totalCount } }"}
ANSWER = {"data": {"classifications": {"totalCount": 0}}}
STOPPED = {1: -signal.SIGTERM, 2: 0}
#: Far less than a gateway waits for a lock.
PROMPTLY_SECONDS = 15


def assert_waits(server: Server) -> None:
    """It lives, is not ready, says why, and tells who asks when to come again."""
    server.wait_for_probe("livez", 200)
    ready = httpx.get(server.url.replace("graphql", "readyz"), timeout=60)
    assert ready.status_code == 503
    assert ready.json()["reason"].startswith(("The database ", "The server is starting"))
    for path in ("graphql", "kinesis", "classifications", "api/3/action/group_count", "nothing"):
        answer = httpx.post(server.url.replace("graphql", path), json=TOTAL, timeout=60)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json() == {
            "error": "The server is starting: try again in a moment.",
            "errors": [
                {
                    "message": "The server is starting: try again in a moment.",
                    "extensions": {"code": "UNAVAILABLE"},
                }
            ],
        }
        assert answer.headers["access-control-allow-origin"] == "*"


def assert_answers(server: Server) -> None:
    """Each worker starts for itself: whoever of several answers the probe may be the first."""
    server.wait_until_ready()
    until = time.monotonic() + PROMPTLY_SECONDS
    while (answer := httpx.post(server.url, json=TOTAL, timeout=60)).status_code == 503:
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)
    assert answer.json() == ANSWER
    assert "Traceback" not in server.log.read_text()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """A file that another program holds for itself alone."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def waiting(folder: Path, workers: int, **settings: str) -> Iterator[Server]:
    arguments = ("serve", "--port", "0", "--workers", str(workers))
    with started(folder, *arguments, **settings) as server:
        yield server


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_waits_for_a_file_that_is_locked(tmp_path: Path, workers: int) -> None:
    with locked(tmp_path / "served.db"), waiting(tmp_path, workers) as server:
        assert_waits(server)
        assert httpx.get(server.url.replace("graphql", "livez")).status_code == 200
        assert server.process.poll() is None


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_ready_once_the_file_is_free(tmp_path: Path, workers: int) -> None:
    with ExitStack() as lock, ExitStack() as running:
        lock.enter_context(locked(tmp_path / "served.db"))
        server = running.enter_context(waiting(tmp_path, workers))
        assert_waits(server)
        lock.close()
        assert_answers(server)
        assert server.stop() == STOPPED[workers]


@pytest.mark.parametrize("workers", [1, 2])
def test_who_is_told_to_stop_while_waiting_stops(tmp_path: Path, workers: int) -> None:
    with locked(tmp_path / "served.db"), waiting(tmp_path, workers) as server:
        server.wait_for_probe("livez", 200)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PROMPTLY_SECONDS) == STOPPED[workers]
        assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_waits_for_a_database_server_that_is_down(
    own_postgres: OwnPostgres, tmp_path: Path, workers: int
) -> None:
    own_postgres.crash()
    with waiting(tmp_path, workers, STATS_GATEWAY_DATABASE_URL=own_postgres.url) as server:
        assert_waits(server)
        own_postgres.start()
        assert_answers(server)
        # Once for each worker, not for each try.
        assert server.log.read_text().count("Writing to the database failed: ") == workers
        assert server.stop() == STOPPED[workers]
