"""Batches that wait for their turn to be stored, merged: one transaction takes all that wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from gateway.events.event import Batch
from gateway.events.names import merge_names
from gateway.events.source import BATCH_SIZE


class Waiting:
    """A batch, and ``stored``: done once it is, or with why it was not."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def succeed(self) -> None:
        """Tell that it is stored."""
        if not self.stored.done():
            self.stored.set_result(None)

    def fail(self, error: Exception) -> None:
        """Tell why nothing of it is stored."""
        if not self.stored.done():
            self.stored.set_exception(error)
            # Who sent it may have gone away: then nobody is left to be told.
            self.stored.exception()


class WaitingBatches:
    """In the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, batch: Batch) -> Waiting:
        """Let a batch wait."""
        waiting = Waiting(batch)
        self._waiting.append(waiting)
        return waiting

    def give_up(self, waiting: Waiting) -> bool:
        """Take one out again; False if it has been taken to be stored."""
        if waiting not in self._waiting:
            return False
        self._waiting.remove(waiting)
        return True

    def take(self) -> list[Waiting]:
        """The first, and with it as many of the next as make one transaction."""
        taken: list[Waiting] = []
        events = 0
        while self._waiting and (not taken or events + len(self._waiting[0].batch) <= BATCH_SIZE):
            taken.append(self._waiting.popleft())
            events += len(taken[-1].batch)
        return taken


def merged(batches: Sequence[Batch]) -> Batch:
    """The events of all batches in their order, and all that they name."""
    if len(batches) == 1:
        return batches[0]
    whole = Batch()
    for batch in batches:
        whole.classifications += batch.classifications
        whole.comments += batch.comments
        merge_names(whole.names, batch.names)
    return whole
