"""The npm project beside this file, with other people's clients and routers, and its Node."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import psutil
import pytest

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"
INSTALLED = FOLDER / "node_modules"
#: What npm itself writes last, about all that it has installed.
STAMP = INSTALLED / ".package-lock.json"
OLDEST_NODE = 22
DEADLINE_SECONDS = 120

#: `make node` puts Node beside the interpreter, which need not be on the PATH.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
ENVIRONMENT = {**os.environ, "PATH": PATH, "NO_COLOR": "1"}


class Service(NamedTuple):
    """A process that listens."""

    process: subprocess.Popen[str]
    log: Path

    def port(self) -> int:
        """The first port that it or a child of its listens on; waits until there is one."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            for connection in self._connections():
                if connection.status == psutil.CONN_LISTEN:
                    return int(connection.laddr.port)
            time.sleep(0.05)
        raise AssertionError(f"Nothing listens:\n{self.log.read_text()}")

    def _connections(self) -> Iterator[Any]:
        with suppress(psutil.NoSuchProcess):  # a child may end while it is looked at
            parent = psutil.Process(self.process.pid)
            for process in (parent, *parent.children(recursive=True)):
                yield from process.net_connections("tcp")


def install() -> None:
    """Install what the lock file pins, once, whichever process of a test run comes first."""
    if shutil.which("npm", path=PATH) is None or _node_version() < OLDEST_NODE:
        _missing(f"Node.js {OLDEST_NODE} or newer, with npm, is not installed: run make node.")
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.stat().st_mtime >= LOCK.stat().st_mtime:
            return
        ran = subprocess.run(
            ["npm", "ci"], cwd=FOLDER, env=ENVIRONMENT, capture_output=True, text=True
        )
    if ran.returncode != 0:
        _missing(f"npm ci did not succeed: {' '.join(ran.stderr.split()[-40:])}")


def _node_version() -> int:
    node = shutil.which("node", path=PATH)
    if node is None:
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.removeprefix("v").partition(".")[0])


def _missing(sentence: str) -> NoReturn:
    # In CI a client that was not run must not pass for one that works.
    (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)


def run_script(script: str, *arguments: str, folder: Path = FOLDER) -> str:
    """What a script of the folder prints; it neither fails nor complains of anything."""
    ran = subprocess.run(
        ["node", script, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    return ran.stdout


@contextmanager
def listening(folder: Path, *command: str, **variables: str) -> Iterator[Service]:
    """A command that serves until the end, its log in the folder."""
    log = folder / f"{Path(command[1]).name}.log"
    environment: Mapping[str, str] = {**ENVIRONMENT, **variables}
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield Service(process, log)
    finally:
        # A router may have forked; none of its processes outlives it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
