"""Facts that were read before, for all operations of a process.

A fact is what the database answers about some entities, whoever asks: sums, names, memberships.
It is kept under the data versions of these entities at which it was read, and holds in every
snapshot in which each of them has just that version: a version names one commit of one history of
the database. Versions are read in the operation's own snapshot, so a cached fact is what the
statement itself would answer there, whichever process has written meanwhile, and whichever backup
or copy the database has become. Nothing that depends on a viewer is kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from gateway.loaders.kept_facts import KeptFacts
from gateway.recent import Recent
from gateway.stats.versions import Entity

#: The memory for versions that are known, and for guesses of what operations go on to read.
_CONFIRMED_BYTES = 8_388_608
_COMPANIONS_BYTES = 8_388_608
#: What an entity and its version take of it, and what a guess takes beside its entities.
_ENTITY_BYTES = 200
_GUESS_BYTES = 2_000
#: Operations on more entities than that are not worth foreseeing.
_COMPANIONS = 256


class FactCache(KeptFacts):
    """At most ``capacity`` bytes of facts."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        #: The version of the site, and those of entities that were read where it has that.
        self._site = -1
        self._confirmed: dict[Entity, int] = {}
        self._companions: Recent[Hashable, frozenset[Entity]] = Recent(_COMPANIONS_BYTES)

    @property
    def confirmed_size(self) -> int:
        """The bytes of versions that are known without asking, by estimate."""
        return _ENTITY_BYTES * len(self._confirmed)

    @property
    def companions_size(self) -> int:
        """The bytes of guesses of what operations go on to read, by estimate."""
        return self._companions.size

    def confirm(self, versions: Iterable[tuple[Entity, int]], site: int) -> None:
        """Note versions of entities that hold where the site has this version."""
        if site != self._site or self.confirmed_size > _CONFIRMED_BYTES:
            self._site = site
            self._confirmed.clear()
        self._confirmed.update(versions)

    def confirmed(self, entity: Entity, site: int) -> int | None:
        """The version of an entity where the site has this version, if that is known."""
        return self._confirmed.get(entity) if site == self._site else None

    def companions(self, beginning: Hashable) -> frozenset[Entity]:
        """The entities that operations which began alike went on to read."""
        return self._companions.get(beginning) or frozenset()

    def accompany(self, beginning: Hashable, entities: frozenset[Entity]) -> None:
        """Remember what an operation has read, so that the next reads all versions at once."""
        known = self.companions(beginning)
        if entities <= known or len(entities) > _COMPANIONS:
            return
        both = known | entities
        foreseen = both if len(both) <= _COMPANIONS else entities
        size = _GUESS_BYTES + _ENTITY_BYTES * len(foreseen)
        self._companions.put(beginning, foreseen, size)
