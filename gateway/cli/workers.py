"""Several server processes: who ends is replaced, and all others go on."""

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

#: A process that answers nothing for so long hangs. It may begin to answer as late as it likes.
_HANGS_AFTER_SECONDS = 60
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30


@dataclass
class _Seen:
    """What is known of a process; times are those of ``time.monotonic``."""

    served: bool = False
    asked_at: float | None = None
    ended_at: float | None = None


class Workers(Multiprocess):
    """Uvicorn's, but that no worker's failure to start stops the others.

    Uvicorn ends them all, with exit status 0; and it waits for a worker that is slow to start,
    deaf to signals, and kills it then. ``when_ready`` is called once, when the first of them takes
    requests.
    """

    #: What the command ends with.
    exit_status = 0
    _failures = 0

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: Sequence[socket.socket],
        when_ready: Callable[[], None],
    ) -> None:
        super().__init__(config, list(sockets))
        self._when_ready: Callable[[], None] | None = when_ready

    def init_processes(self) -> None:
        self._seen: dict[Process, _Seen] = {}
        super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Look at all workers once, without waiting for any."""
        if self.should_exit.is_set():
            return
        for place, process in enumerate(self.processes):
            seen = self._seen.setdefault(process, _Seen())
            if process.process.is_alive():
                self._look(process, seen)
            elif seen.ended_at is None:
                self._note_end(process, seen)
            elif time.monotonic() - seen.ended_at >= self._pause():
                self.processes[place] = Process(self.config, self.sockets)
                self.processes[place].start()
        self._seen = {one: self._seen.get(one, _Seen()) for one in self.processes}
        if all(_failed_to_start(one, self._seen[one]) for one in self.processes):
            logger.error("No worker process can start: the log lines above give the reason.")
            self.exit_status = 1
            self.should_exit.set()

    def _look(self, process: Process, seen: _Seen) -> None:
        """Take the answer to what was asked, or ask; a worker that hangs is killed."""
        try:
            if seen.asked_at is None:
                process.parent_conn.send(b"ping")
                seen.asked_at = time.monotonic()
            elif process.parent_conn.poll():
                if process.parent_conn.recv() and not seen.served:
                    self._note_service(seen)
                seen.asked_at = None
            elif seen.served and time.monotonic() - seen.asked_at > _HANGS_AFTER_SECONDS:
                logger.error("Worker process %s does not respond: killing it.", process.pid)
                process.process.kill()
        except (OSError, EOFError):
            return  # it has just ended

    def _note_service(self, seen: _Seen) -> None:
        seen.served = True
        self._failures = 0
        if self._when_ready is not None:
            self._when_ready()
            self._when_ready = None

    def _note_end(self, process: Process, seen: _Seen) -> None:
        seen.ended_at = time.monotonic()
        self._failures = 0 if seen.served else self._failures + 1
        logger.warning(
            "Worker process %s ended (%s): starting another.",
            process.pid,
            _how(process.exitcode),
        )

    def _pause(self) -> float:
        """Seconds until an ended worker is replaced: longer when workers fail again and again."""
        doubled = _FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10)
        return min(doubled, _LONGEST_PAUSE_SECONDS) if self._failures else 0


def _failed_to_start(process: Process, seen: _Seen) -> bool:
    """Whether it ended by itself before it served; one that was killed says nothing of others."""
    return seen.ended_at is not None and not seen.served and (process.exitcode or 0) > 0


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return signal.Signals(-exitcode).name
    return f"exit status {exitcode}"
