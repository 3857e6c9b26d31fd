"""SIGTERM ends a command that is process 1, as in a container, and what is stored stays."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.cli.import_command import stored, stream
from tests.server import DEADLINE_SECONDS, STATS_GATEWAY, environment

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL"]


def can_unshare() -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    )


pytestmark = pytest.mark.skipif(
    not can_unshare(), reason="only root can make a namespace of processes (unshare --pid)"
)


class ProcessOne:
    """A command that is process 1 of a namespace of its own."""

    def __init__(self, outer: subprocess.Popen[str]) -> None:
        self.outer = outer

    @property
    def inner(self) -> psutil.Process | None:
        """The command, as the outer namespace sees it."""
        return next(iter(psutil.Process(self.outer.pid).children()), None)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < deadline
            assert self.outer.poll() is None, self.outer.communicate()
            time.sleep(0.05)

    def terminate(self) -> tuple[int, str, str]:
        """Its exit status after SIGTERM, and what it wrote."""
        assert self.inner is not None
        self.inner.send_signal(signal.SIGTERM)
        output, errors = self.outer.communicate(timeout=DEADLINE_SECONDS)
        return self.outer.returncode, output, errors

    def has_open(self, file: Path) -> bool:
        """Whether the command has the file open."""
        folder = Path(f"/proc/{self.inner.pid if self.inner else 0}/fd")
        try:
            return any(os.readlink(one) == str(file) for one in folder.iterdir())
        except OSError:
            return False


@contextmanager
def process_one(folder: Path, *arguments: str, **settings: str) -> Iterator[ProcessOne]:
    outer = subprocess.Popen(
        [*UNSHARE, STATS_GATEWAY, *arguments],
        env=environment(folder, {**settings, "PYTHONUNBUFFERED": "1"}),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield ProcessOne(outer)
    finally:
        if outer.poll() is None:
            outer.kill()
            outer.communicate()


def last_line(errors: str) -> str:
    return errors.splitlines()[-1]


def test_an_import_keeps_what_is_stored(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "served.db")
    with process_one(tmp_path, "import", "-") as command:
        assert command.outer.stdin is not None
        command.outer.stdin.write("\n".join(stream(11_000)) + "\n")
        command.outer.stdin.flush()
        command.wait_until(lambda: stored(str(tmp_path / "served.db")) == 10_000)
        status, _, errors = command.terminate()
    assert status == 128 + signal.SIGTERM
    assert last_line(errors) == (
        "Interrupted after 10,000 events, which stay stored: "
        "run the same command again to continue."
    )
    assert stored(str(tmp_path / "served.db")) == 10_000


@pytest.mark.empty_database
def test_an_upgrade_that_waits_for_its_turn_ends_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "served.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (id)")
        other.execute("BEGIN EXCLUSIVE")
        with process_one(
            tmp_path, "db", "upgrade", STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS="600"
        ) as command:
            command.wait_until(lambda: command.has_open(file))
            status, output, errors = command.terminate()
        other.execute("COMMIT")
        assert [*other.execute("SELECT name FROM sqlite_schema")] == [("theirs",)]
    assert (status, output) == (128 + signal.SIGTERM, "")
    assert errors == "Stopped by SIGTERM: what is stored stays stored.\n"


def test_a_command_that_waits_for_the_database_ends(tmp_path: Path) -> None:
    """The server accepts connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=600"
        settings = {
            "STATS_GATEWAY_DATABASE_URL": url,
            "STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS": "600",
        }
        with process_one(tmp_path, "db", "upgrade", **settings) as command:
            connection, _ = silent.accept()
            with connection:
                status, _, errors = command.terminate()
    assert status == 128 + signal.SIGTERM
    assert errors == "Stopped by SIGTERM: what is stored stays stored.\n"


def test_a_server_that_waits_for_the_database_ends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = {"STATS_GATEWAY_DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
    with process_one(tmp_path, "serve", "--port", "0", **settings) as command:
        assert command.outer.stdout is not None
        url = command.outer.stdout.readline().split()[-1]

        def lives() -> bool:
            try:
                return httpx.get(url.replace("graphql", "livez")).status_code == 200
            except httpx.TransportError:
                return False

        command.wait_until(lives)
        status, _, _ = command.terminate()
    # Uvicorn ends by the signal itself, which process 1 does not die of.
    assert status == 0
