"""Processes that run commands at the same moment, or are killed in the middle of one.

A process of its own forks them: it has imported everything, and has neither
threads nor connections that a fork would take along.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import Engine, event

from gateway.auth.viewer import Viewer
from gateway.db import Database, open_database
from gateway.directory.erase_user import erase_user
from gateway.errors import GatewayError
from gateway.events.event import Classification
from gateway.groups.commands import Command
from gateway.groups.refusals import GroupRefusal
from gateway.groups.service import GroupService
from gateway.groups.transaction import Limits
from tests.events_of import store


@dataclass(frozen=True)
class Erase:
    """Not a command of people: what an operator does."""

    user_id: int


@dataclass(frozen=True)
class Store:
    """Not a command of people either: events that the stream brings.

    Their times are relative to the moment at which they are stored.
    """

    events: tuple[Classification, ...]


@dataclass(frozen=True)
class Task:
    """Commands that one process runs one after the other."""

    wanted: Sequence[tuple[Command | Erase | Store, Viewer]]
    #: The process kills itself before its statement of this number, from 1; None: never.
    dies_at: int | None = None


#: For each command ``changed``, ``unchanged`` or a code; None of a process that was killed.
Told = list[str] | None


class Processes:
    """Forks processes for tests; :meth:`run` waits until all are over."""

    def __init__(self) -> None:
        self._forking = subprocess.Popen(
            [sys.executable, "-c", "from tests.groups import processes; processes.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, url: str, *tasks: Task) -> list[Told]:
        """What came of each task; all begin at the same moment."""
        assert self._forking.stdin is not None
        assert self._forking.stdout is not None
        pickle.dump((url, tasks), self._forking.stdin)
        self._forking.stdin.flush()
        told: list[Told] = pickle.load(self._forking.stdout)
        return told

    def close(self) -> None:
        self._forking.communicate(timeout=30)


def main() -> None:
    """Fork processes for each request that comes in, until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            url, tasks = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(_run(url, tasks), answers)
        answers.flush()


def _run(url: str, tasks: Sequence[Task]) -> list[Told]:
    started, go = os.pipe()
    children = [_fork(url, task, started, go) for task in tasks]
    for _, ready, _ in children:
        ready.read(1)
    os.close(started)
    # All read the end of this pipe, which is there for all of them at once.
    os.close(go)
    told = []
    for pid, _, results in children:
        written = results.read()
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        told.append(None if killed else pickle.loads(written or pickle.dumps(["failed"])))
    return told


def _fork(url: str, task: Task, started: int, go: int) -> tuple[int, IO[bytes], IO[bytes]]:
    ready, is_ready = os.pipe()
    results, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(is_ready)
        os.close(told)
        return pid, os.fdopen(ready, "rb"), os.fdopen(results, "rb")
    os.close(go)

    def wait() -> None:
        os.write(is_ready, b".")
        os.read(started, 1)

    try:
        os.write(told, pickle.dumps(asyncio.run(_work(url, task, wait))))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


async def _work(url: str, task: Task, wait: Any) -> list[str]:
    async with open_database(url) as database:
        # The first connection takes longest.
        await database.check_writable()
        service = GroupService(database, Limits(groups_per_day=1000))
        if task.dies_at is not None:
            _die_at(task.dies_at)
        wait()
        return [await _do(database, service, *wanted) for wanted in task.wanted]


async def _do(
    database: Database, service: GroupService, wanted: Command | Erase | Store, viewer: Viewer
) -> str:
    if isinstance(wanted, Erase):
        await database.write(lambda each: erase_user(each, wanted.user_id))
        return "erased"
    if isinstance(wanted, Store):
        now = time.time_ns() // 1000
        events = [one._replace(event_time=now + one.event_time) for one in wanted.events]
        await store(database, *events)
        return "stored"
    try:
        outcome = await service.run(wanted, viewer)
    except GroupRefusal as refusal:
        return str(refusal.refusal)
    except GatewayError as error:
        return error.code
    return "changed" if outcome.changed else "unchanged"


def _die_at(number: int) -> None:
    left = number

    def count(*_facts: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
