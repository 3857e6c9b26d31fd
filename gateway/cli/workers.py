"""Worker processes of the server: a supervisor replaces one that ends; the others go on."""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

logger = logging.getLogger(__name__)

#: A worker that responds to no ping for so long hangs. Its first response may take longer.
_HANGS_AFTER_SECONDS = 60
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30


@dataclass
class _WorkerState:
    """State of a worker; times are those of ``time.monotonic``."""

    served: bool = False
    pinged_at: float | None = None
    ended_at: float | None = None


class Workers(Multiprocess):
    """Supervisor of Uvicorn's workers in which one that cannot start does not stop the others.

    Uvicorn's own ends them all, with exit status 0; it waits for a worker that is slow to start
    without handling signals, and then kills it. ``on_started`` is called once, when the first
    worker accepts requests.
    """

    #: Of the command.
    exit_status = 0
    _failures = 0

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: Sequence[socket.socket],
        on_started: Callable[[], None],
    ) -> None:
        super().__init__(config, list(sockets))
        self._on_started: Callable[[], None] | None = on_started

    def init_processes(self) -> None:
        self._states: dict[Process, _WorkerState] = {}
        super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Check all workers once, without waiting for any."""
        if self.should_exit.is_set():
            return
        for index, process in enumerate(self.processes):
            state = self._states.setdefault(process, _WorkerState())
            if process.process.is_alive():
                self._ping(process, state)
            elif state.ended_at is None:
                self._note_end(process, state)
            elif time.monotonic() - state.ended_at >= self._pause():
                self.processes[index] = Process(self.config, self.sockets)
                self.processes[index].start()
        self._states = {one: self._states.get(one, _WorkerState()) for one in self.processes}
        if all(_failed_to_start(one, self._states[one]) for one in self.processes):
            logger.error("No worker process can start: the log lines above give the reason.")
            self.exit_status = 1
            self.should_exit.set()

    def _ping(self, process: Process, state: _WorkerState) -> None:
        """Ping a worker, or read its response; a worker that hangs is killed."""
        try:
            if state.pinged_at is None:
                process.parent_conn.send(b"ping")
                state.pinged_at = time.monotonic()
            elif process.parent_conn.poll():
                if process.parent_conn.recv() and not state.served:
                    self._note_service(state)
                state.pinged_at = None
            elif state.served and time.monotonic() - state.pinged_at > _HANGS_AFTER_SECONDS:
                logger.error("Worker process %s does not respond: killing it.", process.pid)
                process.process.kill()
        except (OSError, EOFError):
            return  # it has just ended

    def _note_service(self, state: _WorkerState) -> None:
        state.served = True
        self._failures = 0
        if self._on_started is not None:
            self._on_started()
            self._on_started = None

    def _note_end(self, process: Process, state: _WorkerState) -> None:
        state.ended_at = time.monotonic()
        self._failures = 0 if state.served else self._failures + 1
        logger.warning(
            "Worker process %s ended (%s): starting another.",
            process.pid,
            _how(process.exitcode),
        )

    def _pause(self) -> float:
        """Seconds until an ended worker is replaced: longer when workers fail again and again."""
        doubled = _FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10)
        return min(doubled, _LONGEST_PAUSE_SECONDS) if self._failures else 0


def _failed_to_start(process: Process, state: _WorkerState) -> bool:
    """Whether a worker ended by itself before it served; one that was killed does not count."""
    return state.ended_at is not None and not state.served and (process.exitcode or 0) > 0


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return signal.Signals(-exitcode).name
    return f"exit status {exitcode}"
