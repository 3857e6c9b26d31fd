"""Queue of batches to be stored, and merging of those of one transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from gateway.events.event import Batch
from gateway.events.names import merge_names
from gateway.events.source import BATCH_SIZE


class Waiting:
    """Queued batch; ``stored`` is a future that is done once it is stored, or has the error."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def succeed(self) -> None:
        """Set the result: the batch is stored."""
        if not self.stored.done():
            self.stored.set_result(None)

    def fail(self, error: Exception) -> None:
        """Set the error: nothing of the batch is stored."""
        if not self.stored.done():
            self.stored.set_exception(error)
            # Retrieved, since the sender may have disconnected and not await it.
            self.stored.exception()


class WaitingBatches:
    """Queue of batches, first in, first out."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, batch: Batch) -> Waiting:
        """Queue a batch."""
        waiting = Waiting(batch)
        self._waiting.append(waiting)
        return waiting

    def give_up(self, waiting: Waiting) -> bool:
        """Remove a batch from the queue; False if it has been taken to be stored."""
        if waiting not in self._waiting:
            return False
        self._waiting.remove(waiting)
        return True

    def take(self) -> list[Waiting]:
        """Take the first batch, with as many of the next as fit in one transaction."""
        taken: list[Waiting] = []
        events = 0
        while self._waiting and (not taken or events + len(self._waiting[0].batch) <= BATCH_SIZE):
            taken.append(self._waiting.popleft())
            events += len(taken[-1].batch)
        return taken


def merged(batches: Sequence[Batch]) -> Batch:
    """Merge batches: the events in their order, and all names."""
    if len(batches) == 1:
        return batches[0]
    whole = Batch()
    for batch in batches:
        whole.classifications += batch.classifications
        whole.comments += batch.comments
        merge_names(whole.names, batch.names)
    return whole
