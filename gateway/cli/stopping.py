"""SIGTERM handling: it ends a command as Ctrl-C does, also as process 1 of a container.

Linux delivers to process 1 only signals that it has a handler for.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

#: Exit statuses after Ctrl-C and after SIGTERM, as shells report them.
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class _AsCtrlC:
    """A handler that lets SIGTERM do what SIGINT does."""

    def __init__(self) -> None:
        self.received = False

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        self.received = True
        # While the event loop runs, its own handler cancels tasks in order.
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
        if not sigterm.received:
            raise
        click.echo("Stopped by SIGTERM: what is stored stays stored.", err=True)
        sys.exit(TERMINATED)
    except SystemExit as exiting:
        # The command has already printed its outcome.
        if sigterm.received and exiting.code == INTERRUPTED:
            sys.exit(TERMINATED)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def leave_sigterm_to_server() -> None:
    """Remove the handler: a server has its own, and ends by the signal itself."""
    if isinstance(signal.getsignal(signal.SIGTERM), _AsCtrlC):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
