"""Facts that were read before, for all operations of a process.

A fact is what the database answers about some entities, whoever asks: sums, names, memberships.
It is kept under the data version of these entities at which it was read, and holds in every
snapshot in which they still have that version. Versions are read in the operation's own snapshot,
so a cached fact is what the statement itself would answer there, whichever process has written
meanwhile. Nothing that depends on a viewer is kept.
"""

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
#: Versions and companions that are remembered; more are forgotten all at once.
_REMEMBERED = 100_000
#: Operations on more entities than that are not worth foreseeing.
_COMPANIONS = 256


@dataclass(slots=True)
class Fact:
    """A value, and the greatest version of its entities when it was read.

    ``held_at`` is a version of the site in which it was found to hold.
    """

    value: Any
    entities: tuple[Entity, ...]
    version: int
    size: int
    held_at: int = -1


class FactCache:
    """At most ``capacity`` bytes of facts, by estimate; what was unused for longest makes room.

    ``hits``, ``misses``, ``evictions`` and ``size`` (bytes) are for metrics.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self.size = 0
        #: The latest version of the site that was seen.
        self.site = 0
        self._facts: OrderedDict[Hashable, Fact] = OrderedDict()
        #: The version of an entity, and the site's version up to which it is known to hold.
        self._confirmed: dict[Entity, tuple[int, int]] = {}
        self._companions: dict[Hashable, frozenset[Entity]] = {}

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

    def put(self, key: Hashable, value: object, entities: tuple[Entity, ...], version: int) -> None:
        """Keep a value that was read at this version, unless a later one is here."""
        known = self._facts.get(key)
        if known is not None:
            if known.version > version:
                return
            self.size -= known.size
        size = _ENTRY_BYTES + _weight(key) + _weight(value)
        self._facts[key] = Fact(value, entities, version, size)
        self._facts.move_to_end(key)
        self.size += size
        while self.size > self.capacity:
            _, gone = self._facts.popitem(last=False)
            self.size -= gone.size
            self.evictions += 1

    def see(self, site: int, at_least: int) -> None:
        """Note the site's version in a snapshot that was taken after ``at_least`` was seen.

        A smaller one tells that the database has gone back in time, to a backup: nothing is kept.
        """
        if site < at_least:
            self.clear()
            self.site = site
        self.site = max(self.site, site)

    def confirm(self, versions: Iterable[tuple[Entity, int]], site: int) -> None:
        """Note versions of entities that hold where the site has this version."""
        if len(self._confirmed) > _REMEMBERED:
            self._confirmed.clear()
        for entity, version in versions:
            known = self._confirmed.get(entity)
            if known is None or known[1] < site:
                self._confirmed[entity] = (version, site)

    def confirmed(self, entity: Entity, site: int) -> int | None:
        """The version of an entity where the site has this version, if that is known."""
        known = self._confirmed.get(entity)
        return known[0] if known is not None and known[1] == site else None

    def companions(self, beginning: Hashable) -> frozenset[Entity]:
        """The entities that operations which began alike went on to read."""
        return self._companions.get(beginning, frozenset())

    def accompany(self, beginning: Hashable, entities: frozenset[Entity]) -> None:
        """Remember what an operation has read, so that the next reads all versions at once."""
        known = self._companions.get(beginning, frozenset())
        if entities <= known or len(entities) > _COMPANIONS:
            return
        if len(self._companions) >= _REMEMBERED // _COMPANIONS:
            self._companions.clear()
        both = known | entities
        self._companions[beginning] = both if len(both) <= _COMPANIONS else entities

    def clear(self) -> None:
        """Forget everything but the counters."""
        self._facts.clear()
        self._confirmed.clear()
        self._companions.clear()
        self.size = 0


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
