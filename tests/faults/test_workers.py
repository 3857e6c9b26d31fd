"""One of several workers that ends: the others go on, and another takes its place."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.auth.keys import KeyPair
from tests.faults.conftest import OwnPostgres
from tests.server import DEADLINE_SECONDS, Server, serving

TOTAL = {"query": "{ classifications { totalCount } }"}


def started_workers(server: Server) -> list[int]:
    """The process ids of all workers that have started so far, in their order."""
    return [
        int(one) for one in re.findall(r"Started server process \[(\d+)\]", server.log.read_text())
    ]


def complete(server: Server) -> int:
    return server.log.read_text().count("Application startup complete.")


def wait_for_workers(server: Server, number: int) -> list[int]:
    """Wait until so many have started in all; those that run now."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while complete(server) < number:
        assert time.monotonic() < deadline, server.log.read_text()
        assert server.process.poll() is None, server.log.read_text()
        time.sleep(0.05)
    return [pid for pid in started_workers(server) if alive(pid)]


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and is not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ask(server: Server) -> int:
    """Ask on a connection of its own."""
    return httpx.post(server.url, json=TOTAL, timeout=60).status_code


@contextmanager
def two_workers(folder: Path, **settings: str) -> Iterator[Server]:
    with serving(folder, "--workers", "2", **settings) as server:
        wait_for_workers(server, 2)
        yield server


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_worker_that_is_killed_is_replaced_while_the_other_serves(
    tmp_path: Path, how: signal.Signals
) -> None:
    with two_workers(tmp_path) as server:
        killed, other = wait_for_workers(server, 2)
        os.kill(killed, how)
        while alive(killed):
            time.sleep(0.01)
        while complete(server) < 3:
            assert ask(server) == 200
        assert alive(other)
        assert len(wait_for_workers(server, 3)) == 2
        server.wait_for(f"Worker process {killed} ended ({how.name})")
        assert server.stop() == 0
        assert "Traceback" not in server.log.read_text()


def test_all_workers_that_are_killed_at_once_are_replaced(tmp_path: Path) -> None:
    with two_workers(tmp_path) as server:
        for pid in wait_for_workers(server, 2):
            os.kill(pid, signal.SIGKILL)
        wait_for_workers(server, 4)
        assert ask(server) == 200
        assert server.stop() == 0


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with two_workers(tmp_path) as server:
        workers = wait_for_workers(server, 2)
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        deadline = time.monotonic() + DEADLINE_SECONDS
        while any(alive(pid) for pid in workers):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_worker_that_is_killed_while_the_database_is_away_does_not_end_the_others(
    own_postgres: OwnPostgres, tmp_path: Path
) -> None:
    with two_workers(tmp_path, STATS_GATEWAY_DATABASE_URL=own_postgres.url) as server:
        killed, other = wait_for_workers(server, 2)
        own_postgres.crash()
        os.kill(killed, signal.SIGKILL)
        wait_for_workers(server, 3)
        assert alive(other)
        server.wait_for_probe("readyz", 503)
        assert httpx.get(server.url.replace("graphql", "livez"), timeout=60).status_code == 200
        own_postgres.start()
        for _ in range(10):
            server.wait_until_ready()
        while ask(server) != 200:
            time.sleep(0.05)
        assert alive(other)
        assert server.stop() == 0
        assert "Traceback" not in server.log.read_text()


def test_a_worker_that_cannot_start_is_tried_again_and_all_that_cannot_are_the_end(
    tmp_path: Path, keys: KeyPair
) -> None:
    public = tmp_path / "public.pem"
    public.write_bytes(keys.public.read_bytes())
    with two_workers(tmp_path, STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=str(public)) as server:
        killed, other = wait_for_workers(server, 2)
        public.rename(tmp_path / "away.pem")
        os.kill(killed, signal.SIGKILL)
        server.wait_until_said("The server cannot start: STATS_GATEWAY_JWT_PUBLIC_KEY_FILE")
        assert ask(server) == 200
        (tmp_path / "away.pem").rename(public)
        assert other in wait_for_workers(server, 3)
        public.unlink()
        for pid in wait_for_workers(server, 3):
            os.kill(pid, signal.SIGKILL)
        assert server.process.wait(DEADLINE_SECONDS) == 1
        assert (
            "No worker process can start: the log lines above give the reason."
            in server.log.read_text()
        )
        assert "Traceback" not in server.log.read_text()
