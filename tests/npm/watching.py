"""Front ends' clients that follow a page, each a process that tells what its application sees."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.npm.project import DEADLINE_SECONDS, ENVIRONMENT, FOLDER

#: They show each answer.
BARE = ("graphql-sse", "graphql-ws")
#: They show the query of the page, from a cache.
CACHED = (
    "@apollo/client",
    "@apollo/client with graphql-ws",
    "@urql/core",
    "@urql/core with graphql-ws",
)

Line = dict[str, Any]


class Watching:
    """What a client says, in its order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put("")

    def until(self, is_wanted: Callable[[Line], bool]) -> Line:
        """The first line that is wanted; those before it are gone."""
        heard: list[Line] = []
        while line := self._next(heard):
            said: Line = json.loads(line)
            if is_wanted(said):
                return said
            heard.append(said)
        raise AssertionError(f"The client has ended: {heard}")

    def _next(self, heard: list[Line]) -> str:
        try:
            return self._lines.get(timeout=DEADLINE_SECONDS)
        except queue.Empty:
            raise AssertionError(f"The client said nothing but {heard}") from None

    def ask(self) -> list[str]:
        """Have it ask for something else, and tell the consistency tokens that went with that."""
        assert self._process.stdin is not None
        self._process.stdin.write("ask\n")
        self._process.stdin.flush()
        sent: list[str] = self.until(lambda line: "sent" in line)["sent"]
        return sent

    def rest(self) -> list[Line]:
        """All that it says until it ends by itself: nothing is left for it to do."""
        said: list[Line] = []
        while line := self._next(said):
            said.append(json.loads(line))
        assert self._process.wait(DEADLINE_SECONDS) == 0
        return said

    def stop(self) -> None:
        """End it, whatever it does."""
        # Node may be a child of what was started.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        self._process.stdin.close()


@contextmanager
def watching(client: str, project: Path, url: str, token: str | None = None) -> Iterator[Watching]:
    """A client of docs/clients.md that follows a page, until the end."""
    words = ["node", "watch.mjs", client, str(project), url, *([token] if token else [])]
    process = subprocess.Popen(
        words,
        cwd=FOLDER,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started = Watching(process)
    try:
        yield started
    finally:
        started.stop()
