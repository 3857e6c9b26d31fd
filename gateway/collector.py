"""Python's garbage collector, as it suits a server."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: What an answer is made of goes when the answer goes, without the collector: it finds the few
#: cycles there are as well when it looks a tenth as often, and takes a tenth less of each answer.
#: Nothing else happens while it looks. The second generation is small, at most 60,000 objects
#: (some twenty milliseconds). A full collection looks at all that the answers under way are made
#: of (a second for the largest): see ``FullCollections``. The third threshold is for a server
#: that is never idle.
_THRESHOLDS = (10_000, 5, 1_000)
#: A full collection is due after so many of the second generation. What is in a cycle and was
#: under way during one of them (a fiftieth of all documents that are validated) waits for it.
_DUE = 50


class FullCollections:
    """Full collections while no request is being answered, so that each looks at little."""

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
        """A request is being answered."""
        self._running += 1

    def ended(self) -> None:
        """A request is answered; collect if it was the only one and a collection is due."""
        self._running -= 1
        if not self._running and self._since >= _DUE:
            gc.collect()


def spare() -> None:
    """Let the collector leave alone what is loaded by now, and look less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
