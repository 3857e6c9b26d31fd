"""Progress and summary of a copy from Panoptes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.directory.panoptes.copying import Copied

#: Without a terminal, a line at most this often.
SECONDS_BETWEEN_LINES = 5.0
#: Invalid records that are printed; all are counted.
_MOST_REASONS = 5


class SyncProgress:
    """Progress on stderr, as a context manager: a bar on a terminal, else a line now and then."""

    def __init__(self, clock: Callable[[], float], console: Console | None = None) -> None:
        self._clock = clock
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self._printed_at = clock()

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

    def show(self, copied: Copied) -> None:
        """Show how much of a resource is copied."""
        total = copied.total or None
        done = copied.read
        self._bar.update(self._task, completed=done, total=total, description=copied.resource)
        now = self._clock()
        if not self._console.is_terminal and now - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = now
            of = f" of {total:,}" if total else ""
            self._print(f"{copied.resource}: {done:,}{of} read")

    def waiting(self, why: str, seconds: float) -> None:
        """Print that the next attempt is delayed."""
        self._print(f"{why} Trying again in {seconds:,.1f} s.")

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)


def summary(name: str, copied: Copied) -> Iterator[str]:
    """Summary of the copy of one resource, in lines to print."""
    parts = [f"{copied.read:,} read", f"{copied.changed:,} new or changed"]
    if copied.removed:
        parts.append(f"{copied.removed:,} removed")
    if copied.identities:
        parts.append(f"{copied.identities:,} personal groups of users left out")
    if copied.local_groups:
        parts.append(f"{copied.local_groups:,} of groups that are led here left out")
    if copied.refused:
        parts.append(f"{len(copied.refused):,} refused")
    went_on = " (continued from the last interruption)" if copied.resumed else ""
    yield f"{name}: {', '.join(parts)}{went_on}"
    for reason in copied.refused[:_MOST_REASONS]:
        yield f"  {reason}"
