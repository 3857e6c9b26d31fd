"""What this process took in since it started, for whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.events.event import Batch
from gateway.rollups.ingest import Outcome


@dataclass(slots=True)
class IngestionCounters:
    """Sums over all batches that were committed; they only grow."""

    batches: int = 0
    #: Events that count: stored, unchanged and replaced together.
    taken: int = 0
    stored: int = 0
    unchanged: int = 0
    replaced: int = 0
    rejected: int = 0
    ignored: int = 0

    def add(self, batches: Sequence[Batch], outcome: Outcome) -> None:
        """Count batches that were committed together."""
        self.batches += len(batches)
        self.taken += sum(map(len, batches))
        self.stored += outcome.stored
        self.unchanged += outcome.unchanged
        self.replaced += outcome.replaced
        self.rejected += sum(len(batch.rejects) for batch in batches)
        self.ignored += sum(batch.ignored for batch in batches)
