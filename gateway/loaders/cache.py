"""Read cache: values that loaders have read, for all operations of a process.

A value is what the database answers about some entities, whoever asks: sums, names, memberships.
Its entry says in which state of the database it was read, by log position. The change feed tells
whether it still holds, whichever process has written meanwhile and whichever backup or copy the
database has become. Nothing that depends on a viewer is cached.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from sys import getsizeof
from typing import Any

from gateway.bounded_cache import BoundedCache
from gateway.changes.entity import Entity
from gateway.changes.position import LogPosition
from gateway.telemetry.counts import CacheCounts

#: Estimated bytes of an entry itself, and of each of its entities.
_ENTRY_BYTES = 500
_ENTITY_BYTES = 150
#: How many elements of a long value are weighed for all.
_SAMPLE = 16


@dataclass(slots=True)
class ReadEntry:
    """A value, the entities that it depends on, and a position at which it holds."""

    value: Any
    entities: tuple[Entity, ...]
    position: LogPosition


class ReadCache:
    """At most ``capacity`` bytes of entries, by estimate; the least recently used are evicted.

    ``hits`` and ``misses`` count values that were there and held, and those that had to be read.
    """

    def __init__(self, capacity: int) -> None:
        self.hits = 0
        self.misses = 0
        self.entries: BoundedCache[Hashable, ReadEntry] = BoundedCache(capacity)

    @property
    def counts(self) -> CacheCounts:
        """The counts for metrics."""
        return CacheCounts(self.hits, self.misses, len(self.entries))

    def get(self, key: Hashable) -> ReadEntry | None:
        """The entry that was stored last, whether it holds or not."""
        return self.entries.get(key)

    def put(
        self, key: Hashable, value: object, entities: tuple[Entity, ...], position: LogPosition
    ) -> None:
        """Store a value that was read at a position."""
        size = _ENTRY_BYTES + _weight(key) + _weight(value) + _ENTITY_BYTES * len(entities)
        self.entries.put(key, ReadEntry(value, entities, position), size)


def _weight(value: object) -> int:
    """Bytes in memory, by estimate: a long value is weighed by its first elements."""
    size = getsizeof(value)
    if isinstance(value, tuple | frozenset):
        parts: Iterable[object] = value
    elif isinstance(value, dict):
        parts = value.items()
    else:
        return size
    weighed = [_weight(part) for part, _ in zip(parts, range(_SAMPLE), strict=False)]
    return size + (sum(weighed) * len(value) // len(weighed) if weighed else 0)
