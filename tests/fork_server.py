"""Commands that start at once: forked from a process that has imported them already.

Importing takes longer than most tests. A forked command has a process, environment, output and
signals of its own, as one that is executed.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

#: What a command may need.
_IMPORTED = ("gateway.cli", "gateway.cli.serving", "gateway.app")
_MESSAGE = struct.Struct("!i")
_LONGEST_REQUEST = 1 << 20


class ForkedProcess:
    """A command that runs in a folder; the part of ``subprocess.Popen`` that tests use.

    ``command`` begins with the path of stats-gateway. What it prints is appended to ``log``, and
    what it prints on stderr to ``errors``, if that is another file.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        folder: Path | None = None,
        errors: Path | None = None,
    ) -> None:
        request = {
            "command": [*command],
            "environment": {**environment},
            "log": str(log.absolute()),
            "errors": str((errors or log).absolute()),
            "folder": str(folder or Path.cwd()),
        }
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_address())
        self._connection.sendall(json.dumps(request).encode())
        self._connection.shutdown(socket.SHUT_WR)
        self.pid: int = _MESSAGE.unpack(self._connection.recv(_MESSAGE.size))[0]
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended; TimeoutExpired if it has not within so many seconds."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(["stats-gateway"], timeout or 0)
            self.returncode = _MESSAGE.unpack(self._connection.recv(_MESSAGE.size))[0]
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without asking."""
        self.send_signal(signal.SIGKILL)


@cache
def _address() -> str:
    """Where this process's fork server listens; it ends with this process."""
    address = str(Path(tempfile.mkdtemp()) / "forks")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.fork_server", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    assert server.stdin is not None
    assert server.stdout is not None
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    assert server.stdout.readline() == b"ready\n"
    server.stdout.close()
    return address


def _serve(address: str) -> None:
    """Fork for each that connects, until stdin ends. In what is forked this raises SystemExit."""
    for name in _IMPORTED:
        import_module(name)
    # What is forked need not look at, and so copy, all that was imported.
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    # Who waits for a command is forked as well: nobody here waits for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _run_and_wait(connection)
        connection.close()


def _run_and_wait(connection: socket.socket) -> NoReturn:
    """Fork the command, and say its process and, once it has ended, its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    received = b""
    while more := connection.recv(_LONGEST_REQUEST):
        received += more
    process = os.fork()
    if process == 0:
        connection.close()
        _run(**json.loads(received))
    # Whoever asked may no longer listen.
    with suppress(OSError):
        connection.sendall(_MESSAGE.pack(process))
        connection.sendall(_MESSAGE.pack(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))
    os._exit(0)


def _run(
    command: list[str], environment: dict[str, str], log: str, errors: str, folder: str
) -> NoReturn:
    """Become the command."""
    from gateway.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, target, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(target, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    # What was decided in the process that it was forked from is decided anew.
    random.seed()
    tempfile.tempdir = None
    sys.argv = command
    raise SystemExit(main())


if __name__ == "__main__":
    _serve(sys.argv[1])
