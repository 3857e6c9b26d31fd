"""A real server process for the tests that need one."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.fork_server import ForkedProcess
from tests.issued_tokens import search_log

STATS_GATEWAY = str(Path(sys.executable).with_name("stats-gateway"))
DEADLINE_SECONDS = 120
#: Before the URL of ``serve``, whose log may name other addresses first, such as that of metrics.
_SERVES = "(?:stats-gateway is at|Uvicorn running on) "


@dataclass
class Server:
    process: subprocess.Popen[str] | ForkedProcess
    url: str
    log: Path

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(DEADLINE_SECONDS)

    def wait_until_ready(self) -> None:
        """Wait until it says that requests may be sent."""
        self.wait_for_probe("readyz", 200)

    def wait_for_probe(self, probe: str, status: int) -> None:
        """Wait until a probe is answered with this status."""
        url = self.url.replace("graphql", probe)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(url, timeout=5).status_code == status:
                    return
            time.sleep(0.05)
        raise AssertionError(f"/{probe} was never {status}:\n{self.log.read_text()}")

    def logged(self) -> list[dict[str, Any]]:
        """The lines of JSON in its log, without one that is still being written."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def wait_until_said(self, line: str) -> None:
        """Wait until its log has said this, however often."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while line not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_for(self, line: str, times: int = 1) -> None:
        """Wait until its log has said this so many times; never more often."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.log.read_text().count(line) < times and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.log.read_text().count(line) == times, self.log.read_text()


def environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The tests' own environment without its settings, and a database in ``folder``.

    No pages are served, whatever is built in the working copy, unless ``more`` says so.
    """
    kept = {name: value for name, value in os.environ.items() if "STATS_GATEWAY" not in name}
    own = {
        "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{folder}/served.db",
        "STATS_GATEWAY_PAGES": "false",
    }
    return {**kept, **own, **more}


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Server]:
    """A server on a free port that is ready; stopped at the end if it still runs."""
    with running(folder, "serve", "--port", "0", *options, **settings) as server:
        yield server


@contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """A command that serves, from when it is ready; the first URL that it prints is of its host."""
    with started(folder, *arguments, **settings) as server:
        server.wait_until_ready()
        yield server


@contextmanager
def started(folder: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """The same, from when it has printed its URL, ready or not."""
    log = folder / "server.log"
    given = environment(folder, {**settings, "PYTHONUNBUFFERED": "1"})
    process = command_under_way(arguments, given, log)
    said_before = _SERVES if arguments[0] == "serve" else ""
    try:
        yield Server(process, _printed_url(process, log, said_before), log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if "demo" in arguments:
            directory = arguments[arguments.index("--directory") + 1]
            search_log(log.read_text(), f"sqlite:///{directory}/demo.db")
        elif given.get("STATS_GATEWAY_GROUPS") == "own":
            search_log(log.read_text(), given["STATS_GATEWAY_DATABASE_URL"])


def command_under_way(
    arguments: Sequence[str], given: Mapping[str, str], log: Path, folder: Path | None = None
) -> subprocess.Popen[str] | ForkedProcess:
    """A command of stats-gateway in the environment ``given``, with all that it prints in a file.

    It is forked, unless it runs other code than was imported here, or workers that import it anew.
    """
    command = [STATS_GATEWAY, *arguments]
    has_workers = "--workers" in arguments or "STATS_GATEWAY_WORKERS" in given
    log.write_text("")
    if not has_workers and given.get("PYTHONPATH") == os.environ.get("PYTHONPATH"):
        return ForkedProcess(command, given, log, folder)
    with log.open("a") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def run_command(
    arguments: Sequence[str], given: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command of stats-gateway in the environment ``given``, once it has ended."""
    command = [STATS_GATEWAY, *arguments]
    with TemporaryDirectory() as printed:
        output, errors = Path(printed, "output"), Path(printed, "errors")
        process = ForkedProcess(command, given, output, folder, errors)
        try:
            status = process.wait(DEADLINE_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, status, output.read_text(), errors.read_text())


def _printed_url(
    process: subprocess.Popen[str] | ForkedProcess, log: Path, said_before: str
) -> str:
    pattern = re.compile(said_before + r"(http://\S+)\s")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := pattern.search(log.read_text()):
            return f"http://{urlsplit(found[1]).netloc}/graphql"
        time.sleep(0.05)
    raise AssertionError(f"The server did not say where it is:\n{log.read_text()}")
