"""Values in memory, the bytes of which are bounded."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from sys import getsizeof
from typing import Any

from gateway.recent import Recent
from gateway.stats.versions import Entity
from gateway.telemetry.counts import CacheCounts

#: Of an entry itself.
_ENTRY_BYTES = 500
#: Of an entity and its version.
_VERSION_BYTES = 150
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
    held_at: int = -1


class KeptFacts:
    """At most ``capacity`` bytes of facts, by estimate; what was unused for longest makes room.

    ``hits`` and ``misses`` count facts that held, and those that did not or were not there.
    """

    def __init__(self, capacity: int) -> None:
        self.hits = 0
        self.misses = 0
        self._facts: Recent[Hashable, Fact] = Recent(capacity)

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def capacity(self) -> int:
        """The most bytes there can be."""
        return self._facts.capacity

    @property
    def size(self) -> int:
        """The bytes there are."""
        return self._facts.size

    @property
    def evictions(self) -> int:
        """How many facts have made room."""
        return self._facts.evictions

    @property
    def counts(self) -> CacheCounts:
        """What metrics show."""
        return CacheCounts(self.hits, self.misses, len(self))

    def get(self, key: Hashable) -> Fact | None:
        """The fact that was stored last, valid or not."""
        return self._facts.get(key)

    def put(
        self,
        key: Hashable,
        value: object,
        entities: tuple[Entity, ...],
        versions: tuple[int, ...],
        held_at: int = -1,
    ) -> None:
        """Keep a value that was read where its entities had these versions."""
        size = _ENTRY_BYTES + _weight(key) + _weight(value) + _VERSION_BYTES * len(entities)
        self._facts.put(key, Fact(value, entities, versions, held_at), size)


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
