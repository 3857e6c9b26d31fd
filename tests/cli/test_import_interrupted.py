"""An import that is ended at any moment: what is stored stays, and is counted once."""

from __future__ import annotations

import fcntl
import random
import signal
import sqlite3
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.cli.import_command import Import, dump, process, stored, stream

#: Enough that an import of them is still under way when it is ended.
EVENTS = 80_000


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


def test_a_file_is_counted_once_whenever_an_import_of_it_is_killed(store: Import) -> None:
    Path("events.ndjson").write_text("".join(f"{line}\n" for line in stream(EVENTS)))
    store("events.ndjson", database="whole.db")
    chance = random.Random(12)
    for at_least in (0, 20_000, 40_000):
        running = process("events.ndjson", stderr=subprocess.DEVNULL)
        wait_until(lambda least=at_least: stored_so_far() >= least)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.2))
        running.kill()
        assert running.wait() == -signal.SIGKILL
    assert store("events.ndjson").exit_code == 0
    assert dump() == dump("whole.db")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_what_is_being_stored_when_an_import_is_ended_is_told_as_well(
    ending: signal.Signals, store: Import
) -> None:
    Path("events.ndjson").write_text("".join(f"{line}\n" for line in stream(EVENTS)))
    running = process("events.ndjson", stderr=subprocess.PIPE)
    wait_until(lambda: stored_so_far() >= 20_000)
    running.send_signal(ending)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 128 + ending
    events = stored()
    assert 20_000 <= events < EVENTS
    assert f"Interrupted after {events:,} events, which stay stored" in errors.decode()
    assert f"unchanged {events:,}" in " ".join(store("events.ndjson").output.split())


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


def stored_so_far() -> int:
    """0 also before there is a table."""
    try:
        return stored()
    except sqlite3.Error:
        return 0


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
