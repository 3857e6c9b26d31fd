"""Values in memory, the bytes of which are bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from sys import getsizeof
from typing import Any

from gateway.stats.versions import Entity
from gateway.telemetry.counts import CacheCounts

#: Of an entry itself.
_ENTRY_BYTES = 500
#: How many elements of a long value are weighed for all.
_SAMPLE = 16


@dataclass(slots=True)
class Fact:
    """A value, and the version of each of its entities when it was read.

    ``held_at`` is a version of the site in which it was found to hold.
    """

    value: Any
    entities: tuple[Entity, ...]
    versions: tuple[int, ...]
    size: int
    held_at: int = -1


class KeptFacts:
    """At most ``capacity`` bytes of facts, by estimate; what was unused for longest makes room.

    ``hits``, ``misses``, ``evictions`` and ``size`` (bytes) are for metrics.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self.size = 0
        self._facts: OrderedDict[Hashable, Fact] = OrderedDict()

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def counts(self) -> CacheCounts:
        """What metrics show."""
        return CacheCounts(self.hits, self.misses, len(self))

    def get(self, key: Hashable) -> Fact | None:
        """The fact that was stored last, valid or not."""
        fact = self._facts.get(key)
        if fact is not None:
            self._facts.move_to_end(key)
        return fact

    def put(
        self,
        key: Hashable,
        value: object,
        entities: tuple[Entity, ...],
        versions: tuple[int, ...],
        held_at: int = -1,
    ) -> None:
        """Keep a value that was read where its entities had these versions."""
        known = self._facts.get(key)
        if known is not None:
            self.size -= known.size
        size = _ENTRY_BYTES + _weight(key) + _weight(value)
        self._facts[key] = Fact(value, entities, versions, size, held_at)
        self._facts.move_to_end(key)
        self.size += size
        while self.size > self.capacity:
            _, gone = self._facts.popitem(last=False)
            self.size -= gone.size
            self.evictions += 1


def _weight(value: object) -> int:
    """Bytes in memory, by estimate: a long tuple is as heavy as its first elements tell."""
    size = getsizeof(value)
    if isinstance(value, tuple | frozenset):
        parts: Iterable[object] = value
    elif isinstance(value, dict):
        parts = value.items()
    else:
        return size
    weighed = [_weight(part) for part, _ in zip(parts, range(_SAMPLE), strict=False)]
    return size + (sum(weighed) * len(value) // len(weighed) if weighed else 0)
