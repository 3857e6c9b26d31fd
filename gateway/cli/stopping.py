"""SIGTERM ends a command as Ctrl-C does, also as process 1.

Linux gives a container's first process no signal that it has no handler for.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

#: What a shell reports of a command that Ctrl-C ended, and of one that SIGTERM ended.
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class _AsCtrlC:
    """A handler that lets SIGTERM do what SIGINT does."""

    def __init__(self) -> None:
        self.met = False

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        self.met = True
        # The event loop, while it runs, has a handler that lets tasks end in order.
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM do what SIGINT does, and end the command with exit status 143 for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    sigterm = _AsCtrlC()
    before = signal.signal(signal.SIGTERM, sigterm)
    try:
        yield
    except KeyboardInterrupt:
        if not sigterm.met:
            raise
        click.echo("Stopped by SIGTERM: what is stored stays stored.", err=True)
        sys.exit(TERMINATED)
    except SystemExit as exiting:
        # The command has told what became of it.
        if sigterm.met and exiting.code == INTERRUPTED:
            sys.exit(TERMINATED)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def leave_sigterm_to_server() -> None:
    """Take the handler away: a server has its own, and then ends by the signal itself."""
    if isinstance(signal.getsignal(signal.SIGTERM), _AsCtrlC):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
