"""Servers as processes of their own: started on a free port, measured from outside, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import psutil

REPOSITORY = Path(__file__).parents[1]


class Usage:
    """What a process and those it started have used."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def cpu_seconds(self) -> float:
        """CPU time so far: of all threads, in the kernel, and of children that have ended."""
        used = 0.0
        for process in self._processes():
            # What ends meanwhile is counted with its parent.
            with suppress(psutil.NoSuchProcess):
                used += sum(process.cpu_times()[:4])
        return used

    def resident_mebibytes(self) -> float:
        """Memory now."""
        resident = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                resident += process.memory_info().rss
        return resident / 1024**2

    def _processes(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]


class Server(Usage):
    """A server that listens on ``port`` of 127.0.0.1."""

    def __init__(self, pid: int, port: int) -> None:
        super().__init__(pid)
        self.port = port


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str] | None = None,
    *,
    deadline_seconds: float = 60,
) -> Iterator[Server]:
    """A server from when it listens; stopped at the end."""
    with TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own: what it started in turn is stopped with it, as Node is, which a
            # script of the wheel starts.
            start_new_session=True,
        )
        try:
            if not _listens(process, port, deadline_seconds):
                output.seek(0)
                said = output.read().decode()
                raise RuntimeError(f"{' '.join(command)} did not start:\n{said}")
            yield Server(process.pid, port)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and those it started, at the latest after ten seconds."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def asgi_server(
    application: str, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """An application factory (``module:function``) served by one uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--factory", "--port", str(port)]
    return started([*command, "--no-access-log", "--log-level", "warning"], port, environment)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _listens(process: subprocess.Popen[bytes], port: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False
