"""``stats-gateway explore`` as a process, and the link that it prints."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.fork_server import ForkedProcess
from tests.server import DEADLINE_SECONDS, command_under_way, environment
from tests.valid import valid

_LINK = re.compile(r"^  (http://[^/\n]+)(/\S*)#token=(\S+)$", re.MULTILINE)


class Explored(NamedTuple):
    process: subprocess.Popen[str] | ForkedProcess
    folder: Path
    root: str
    path: str
    token: str

    def ask(self, query: str, token: str | None = None) -> dict[str, Any]:
        """The answer, for nobody in particular without a token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}".encode()}
        url = f"{self.root}/graphql"
        response = httpx.post(url, json={"query": query}, headers=headers, timeout=60)
        answer: dict[str, Any] = valid(response.json())
        return answer

    def said(self) -> str:
        """All that it has printed."""
        return (self.folder / "explore.log").read_text()

    def temporary(self) -> list[Path]:
        """What it has made where temporary files are."""
        return list((self.folder / "tmp").iterdir())

    def stop(self, with_signal: int = signal.SIGINT) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(DEADLINE_SECONDS)


@contextmanager
def exploring(folder: Path, *words: object, **settings: str) -> Iterator[Explored]:
    """From when the link is printed, which is when requests are taken."""
    (folder / "tmp").mkdir(exist_ok=True)
    log = folder / "explore.log"
    own = {"TMPDIR": str(folder / "tmp"), "PYTHONUNBUFFERED": "1"}
    given = environment(folder, {**own, **settings})
    process = command_under_way(["explore", *map(str, words)], given, log, folder)
    try:
        yield Explored(process, folder, *_link(process, log))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _link(process: subprocess.Popen[str] | ForkedProcess, log: Path) -> tuple[str, str, str]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _LINK.search(log.read_text()):
            return found[1], found[2], found[3]
        time.sleep(0.05)
    raise AssertionError(f"It printed no link:\n{log.read_text()}")
