"""LRU cache bounded in bytes: it evicts the least recently used entries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """LRU cache of at most ``capacity`` bytes, by estimate, and at most ``max_entries`` values.

    ``on_evict`` is called with each value that is evicted. ``hits``, ``misses``, ``evictions`` and
    ``size`` (bytes) are for metrics. The size that a caller gives for a value includes its key.
    """

    def __init__(
        self,
        capacity: int,
        max_entries: int | None = None,
        on_evict: Callable[[V], object] = lambda _: None,
    ) -> None:
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self.size = 0
        self._max_entries = max_entries
        self._on_evict = on_evict
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """Return the value of a key, and make it the most recently used."""
        entry = self._values.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._values.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Store a value of ``size`` bytes, or replace it; one beyond the capacity is evicted."""
        self.drop(key)
        if size > self.capacity:
            self.evictions += 1
            self._on_evict(value)
            return
        self._values[key] = (value, size)
        self.size += size
        self._make_room()

    def grow(self, key: K, by: int) -> None:
        """Add ``by`` bytes to the size of a value; ignore a key that is not cached."""
        entry = self._values.get(key)
        if entry is not None:
            value, size = entry
            self._values[key] = (value, size + by)
            self.size += by
            self._make_room()

    def drop(self, key: K) -> V | None:
        """Remove the value of a key, and return it."""
        entry = self._values.pop(key, None)
        if entry is None:
            return None
        self.size -= entry[1]
        return entry[0]

    def clear(self) -> None:
        """Remove all values; ``on_evict`` is not called."""
        self._values.clear()
        self.size = 0

    def _make_room(self) -> None:
        most = self._max_entries
        while self.size > self.capacity or (most is not None and len(self) > most):
            _, (value, size) = self._values.popitem(last=False)
            self.size -= size
            self.evictions += 1
            self._on_evict(value)
