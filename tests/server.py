"""A real server process for the tests that need one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

STATS_GATEWAY = str(Path(sys.executable).with_name("stats-gateway"))
DEADLINE_SECONDS = 120


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str
    log: Path

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(DEADLINE_SECONDS)

    def wait_for(self, line: str, times: int = 1) -> None:
        """Wait until its log has said this so many times; never more often."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.log.read_text().count(line) < times and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.log.read_text().count(line) == times, self.log.read_text()


def environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The tests' own environment without its settings, and a database in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if "STATS_GATEWAY" not in name}
    return {**kept, "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{folder}/served.db", **more}


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Server]:
    """A server on a free port that is ready; stopped at the end if it still runs."""
    with running(folder, "serve", "--port", "0", *options, **settings) as server:
        yield server


@contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """A command that serves, from when it is ready; the first URL it prints is the endpoint's."""
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [STATS_GATEWAY, *arguments],
            env=environment(folder, {**settings, "PYTHONUNBUFFERED": "1"}),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Server(process, _wait_until_ready(process, log), log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        words = log.read_text().split()
        url = next((word for word in words if word.startswith("http://")), None)
        if url is not None:
            try:
                if httpx.get(url.replace("/graphql", "/readyz"), timeout=5).status_code == 200:
                    return url
            except httpx.TransportError:
                pass
        time.sleep(0.05)
    raise AssertionError(f"The server did not get ready:\n{log.read_text()}")
