"""Facts that were read before, for all operations of a process.

A fact is what the database answers about some entities, whoever asks: sums, names, memberships.
It is kept under the data versions of these entities at which it was read, and holds in every
snapshot in which each of them has just that version: a version names one commit of one history of
the database. Versions are read in the operation's own snapshot, so a cached fact is what the
statement itself would answer there, whichever process has written meanwhile, and whichever backup
or copy the database has become. Nothing that depends on a viewer is kept, but for whole answers:
each is one viewer's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from gateway.loaders.kept_facts import KeptFacts
from gateway.stats.versions import Entity

#: Versions and companions that are remembered; more are forgotten all at once.
_REMEMBERED = 100_000
#: Operations on more entities than that are not worth foreseeing.
_COMPANIONS = 256


class FactCache(KeptFacts):
    """At most ``capacity`` bytes of facts, and at most ``answers_capacity`` of whole answers."""

    def __init__(self, capacity: int, answers_capacity: int = 0) -> None:
        super().__init__(capacity)
        #: Answers are facts as well, about all that was read for them.
        self.answers = KeptFacts(answers_capacity)
        #: The version of an entity, and the site's version at which it was read.
        self._confirmed: dict[Entity, tuple[int, int]] = {}
        self._companions: dict[Hashable, frozenset[Entity]] = {}

    def confirm(self, versions: Iterable[tuple[Entity, int]], site: int) -> None:
        """Note versions of entities that hold where the site has this version."""
        if len(self._confirmed) > _REMEMBERED:
            self._confirmed.clear()
        for entity, version in versions:
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
