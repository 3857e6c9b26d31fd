"""Progress of a directory dump: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

#: Without a terminal, a line at most this often.
SECONDS_BETWEEN_LINES = 5.0


class DumpProgress:
    """Progress on stderr, as a context manager; :meth:`show` updates it."""

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._printed_at = clock()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, name: str, done: int, total: int) -> None:
        """Show that so many entries of a list are written."""
        label = name.replace("_", " ")
        if self._console.is_terminal:
            self._bar.update(self._task, description=label, completed=done, total=total)
        elif self._clock() - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = self._clock()
            self._console.print(
                f"{label}: {done:,} of {total:,}", soft_wrap=True, markup=False, highlight=False
            )
