"""Garbage collection: Python's collector, tuned for a server."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Reference counts free the objects of an answer. The collector finds the few cycles as well when
#: it runs a tenth as often, and then takes a tenth less of each answer. It stops everything else
#: while it runs. The second generation is small, at most 60,000 objects (some twenty milliseconds).
#: A full collection traverses the objects of all answers under way (a second for the largest): see
#: ``FullCollections``. The third threshold is for a server that is never idle.
_THRESHOLDS = (10_000, 5, 1_000)
#: A full collection is due after so many of the second generation. It frees the cycles that were
#: in use during one of these (a fiftieth of all documents that are validated).
_DUE = 50


class FullCollections:
    """Runs full collections while no request is being answered, so that each is short."""

    def __init__(self) -> None:
        self._running = 0
        self._since = 0

    @contextmanager
    def enabled(self) -> Iterator[None]:
        """Count the collections of this process."""
        gc.callbacks.append(self._count)
        try:
            yield
        finally:
            gc.callbacks.remove(self._count)

    def _count(self, phase: str, info: Mapping[str, int]) -> None:
        if phase == "stop" and info["generation"]:
            self._since = 0 if info["generation"] == 2 else self._since + 1

    def began(self) -> None:
        """Note that a request is being answered."""
        self._running += 1

    def ended(self) -> None:
        """Note that a request is answered; collect if no other is and a collection is due."""
        self._running -= 1
        if not self._running and self._since >= _DUE:
            gc.collect()


def freeze() -> None:
    """Freeze the objects that are loaded by now, and collect the others less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
