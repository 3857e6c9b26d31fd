"""Whole answers that were kept, and whether they still hold."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from gateway.db import Snapshot
from gateway.loaders.cache import FactCache
from gateway.loaders.kept_facts import Fact
from gateway.stats.versions import SITE, Entity, read_versions, version_request

#: An answer that depends on more is first held against the version of the site alone.
_MANY = 256
#: An answer that takes more than this part of the memory for answers would push out all others.
_LARGEST_PART = 8


class KeptAnswer(NamedTuple):
    """The data of an answer as JSON, and the versions of all that it depends on."""

    data: bytes
    versions: Mapping[Entity, int]


class KeptAnswers:
    """The answers that one operation may give again, and the one that it leaves behind."""

    def __init__(self, snapshot: Snapshot, cache: FactCache) -> None:
        self._snapshot = snapshot
        self._cache = cache
        self._answers = cache.answers

    async def recall(self, key: Hashable) -> KeptAnswer | None:
        """The answer that was kept under this key, if all that it depends on is as it was.

        To be asked before anything is read. The versions are read ahead of the snapshot, in one
        statement, which costs a third of a snapshot; the operation has none if the answer holds.
        """
        fact = self._answers.get(key)
        if fact is not None and await self._holds(fact):
            self._answers.hits += 1
            answer: KeptAnswer = fact.value
            return answer
        self._answers.misses += 1
        return None

    def keep(
        self, key: Hashable, answer: KeptAnswer, stored: Mapping[Entity, int], site: int
    ) -> None:
        """Keep an answer that depends on these stored versions, and else on its key alone.

        ``site`` is the version of the site at which it was read.
        """
        if not stored or len(answer.data) > self._answers.capacity // _LARGEST_PART:
            return
        self._answers.put(key, answer, tuple(stored), tuple(stored.values()), held_at=site)

    async def _holds(self, fact: Fact) -> bool:
        if len(fact.entities) > _MANY:
            site = await self._versions(())
            if site is not None and site[SITE] == fact.held_at:
                return True
        versions = await self._versions(fact.entities)
        if versions is None or tuple(versions[one] for one in fact.entities) != fact.versions:
            return False
        fact.held_at = versions[SITE]
        return True

    async def _versions(self, entities: tuple[Entity, ...]) -> dict[Entity, int] | None:
        """The versions of the site and these entities, in one state; None if that is not told."""
        asked = {SITE, *entities}
        rows = await self._snapshot.ahead(*version_request(asked))
        if rows is None:
            return None
        versions = dict.fromkeys(asked, 0) | dict(read_versions(rows))
        self._cache.confirm(versions.items(), versions[SITE])
        return versions
