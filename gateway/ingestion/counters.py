"""Ingestion counters of this process since its start, for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.events.event import Batch
from gateway.events.left_out import LeftOut
from gateway.rollups.apply_batch import Outcome


@dataclass(slots=True)
class IngestionCounters:
    """Counters over all committed batches; they only grow."""

    batches: int = 0
    #: Events that count: stored, unchanged and replaced together.
    taken: int = 0
    stored: int = 0
    unchanged: int = 0
    replaced: int = 0
    rejected: int = 0
    ignored: int = 0
    #: Events that count without one of these parts.
    left_out: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(map(str, LeftOut), 0))
    )

    def add(self, batches: Sequence[Batch], outcome: Outcome) -> None:
        """Count batches that were committed together."""
        self.batches += len(batches)
        self.taken += sum(map(len, batches))
        self.stored += outcome.stored
        self.unchanged += outcome.unchanged
        self.replaced += outcome.replaced
        self.rejected += sum(len(batch.rejects) for batch in batches)
        self.ignored += sum(batch.ignored for batch in batches)
        for batch in batches:
            self.left_out.update({str(what): events for what, events in batch.left_out.items()})
