"""An import that is ended at any moment: what is stored stays, and is counted once."""

from __future__ import annotations

import fcntl
import random
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tests.cli.import_command import Import, dump, process, stored, stream


def test_killed_at_any_moment_and_run_again_counts_everything_once(store: Import) -> None:
    lines = [f"{line}\n".encode() for line in stream(25_000)]
    Path("events.ndjson").write_bytes(b"".join(lines))
    store("events.ndjson", database="whole.db")
    chance = random.Random(11)
    # A pipe that is never closed: it cannot end before it is killed. A batch is being stored when
    # its last line has been read.
    for given in (9_000, 10_500, 10_500, 20_500):
        running = process("-", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert running.stdin is not None
        running.stdin.write(b"".join(lines[:given]))
        running.stdin.flush()
        time.sleep(chance.uniform(0, 0.5))
        running.kill()
        assert running.wait() == -signal.SIGKILL
        running.stdin.close()
    assert store("events.ndjson").exit_code == 0
    assert dump() == dump("whole.db")


def test_ctrl_c_keeps_what_is_stored(store: Import) -> None:
    running = process("-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write("\n".join(stream(11_000)).encode() + b"\n")
    running.stdin.flush()
    # What follows the first batch is more than is read ahead: it is done with that one.
    wait_until(lambda: unread(running.stdin) == 0)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert output == b""
    assert errors.decode() == (
        "Created a new database at stats.db.\n"
        "Interrupted after 10,000 events, which stay stored: "
        "run the same command again to continue.\n"
    )
    assert stored() == 10_000


def test_ctrl_c_before_anything_was_read_is_one_sentence(store: Import) -> None:
    running = process("-", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write(b"{")
    running.stdin.flush()
    wait_until(lambda: unread(running.stdin) == 0)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert errors.startswith(b"Interrupted after 0 events, which stay stored")
    assert not Path("stats.db").exists()


def unread(pipe: IO[bytes] | None) -> int:
    """How many bytes its other end has not read yet."""
    assert pipe is not None
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
