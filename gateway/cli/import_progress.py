"""Progress of an import: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from gateway.events.source import Source

#: Without a terminal, a line at most this often.
SECONDS_BETWEEN_LINES = 5.0


class ImportProgress:
    """Progress on stderr, as a context manager, in bytes over all files.

    The size of a pipe is unknown: then no remaining time is printed.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._sizes = [source.total_bytes for source in sources]
        known = [size for size in self._sizes if size is not None]
        self._total = sum(known) if len(known) == len(self._sizes) else None
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=self._total, rate="")
        self._started = self._printed_at = clock()

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

    def show(
        self, position: int, source: Source, events: int, bytes_read: int | None = None
    ) -> None:
        """Show ``events`` done, and ``bytes_read`` of the ``position``-th source.

        By default these are all bytes read of it.
        """
        done = sum(size or 0 for size in self._sizes[:position])
        done += source.bytes_read if bytes_read is None else bytes_read
        now = self._clock()
        rate = f"{events / max(now - self._started, 1e-3):,.0f} events/s"
        if self._console.is_terminal:
            self._bar.update(self._task, completed=done, description=source.name, rate=rate)
        elif now - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = now
            of = f" of {decimal(self._total)}" if self._total is not None else ""
            left = self._time_left(now, done)
            self._console.print(
                f"{source.name}: {events:,} events, {decimal(done)}{of}, {rate}{left}",
                soft_wrap=True,
                markup=False,
                highlight=False,
            )

    def say(self, step: str) -> None:
        """Show a step that belongs to no file."""
        if self._console.is_terminal:
            self._bar.update(self._task, completed=self._total, description=step, rate="")
        else:
            self._console.print(step, soft_wrap=True, markup=False, highlight=False)

    def _time_left(self, now: float, done: int) -> str:
        if not self._total or not done:
            return ""
        return f", {(now - self._started) * (self._total - done) / done:,.0f} s left"
