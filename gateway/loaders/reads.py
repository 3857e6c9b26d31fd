"""What one operation reads: from the cache where it holds, else from its snapshot.

What all loaders want in one tick of the loop is one batch: the versions that are not known yet
and whatever is not in the cache go out together, and only values that turn out to be of another
version go out after them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from gateway.changes.log import CURRENT_POSITION
from gateway.changes.position import LogPosition
from gateway.db import Snapshot
from gateway.loaders.cache import FactCache
from gateway.loaders.kept_facts import Fact
from gateway.loaders.loader import Batches, StatementLoader
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.stats.versions import SITE, Entity, read_versions, version_request
from gateway.turns import Turns, beside

#: Looking for a key's value in the cache, or putting it there.
_WORK_OF_A_KEY = 10

#: Operations that begin with more keys than that are not remembered by what they begin with.
_LONGEST_BEGINNING = 50

_Keys = Mapping[StatementLoader[Any, Any], Sequence[Any]]


class OperationReads(Batches):
    """What one operation reads of its snapshot, and the versions of all that it has read."""

    def __init__(
        self,
        snapshot: Snapshot,
        cache: FactCache | None = None,
        watch: Watch = UNWATCHED,
        turns: Turns | None = None,
    ) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._cache = cache
        self._watch = watch
        self._turns = turns or Turns()
        #: The site's version in the snapshot; None before it was read.
        self.site: int | None = None
        #: Of the snapshot; None before the first statement.
        self.position: LogPosition | None = None
        self._versions: dict[Entity, int] = {}
        self._touched: set[Entity] = set()
        self._noted: dict[Entity, int] = {}
        #: Whether what was read depends on these entities alone: False once anything was that has
        #: no version, or was asked of another service.
        self.cacheable = True
        self._beginning: Hashable = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def entities(self) -> set[Entity]:
        """What was read depends on these alone, as long as it is ``cacheable``."""
        return self._touched

    def not_at_hand(self, loader: StatementLoader[Any, Any], keys: list[Any]) -> list[Any]:
        """The keys that are not in the cache, as far as nothing has to be read to know that."""
        if self._cache is None or self.site is None:
            return keys
        unknown = []
        for key in keys:
            fact = self._valid((loader.name, key))
            if fact is None:
                unknown.append(key)
            else:
                loader.values[key] = fact.value
        return unknown

    async def read(self, wanted: _Keys) -> None:
        """Read one batch; cancelled when the operation is over."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._tasks.add(task)
        try:
            if self._closed:
                # Whoever still asks was left behind, and must not take a connection again.
                raise asyncio.CancelledError
            with self._watched(wanted):
                await self._read(wanted)
        finally:
            self._tasks.discard(task)

    def _watched(self, wanted: _Keys) -> AbstractContextManager[None]:
        if self._watch.count_batch is not None:
            for loader, keys in wanted.items():
                self._watch.count_batch(loader.name, len(keys))
        if self._watch.around_batch is None:
            return nullcontext()
        return self._watch.around_batch(sum(map(len, wanted.values())))

    async def _read(self, wanted: _Keys) -> None:
        missing: dict[StatementLoader[Any, Any], list[Any]] = {}
        kept: list[tuple[StatementLoader[Any, Any], Any, Fact]] = []
        entities: set[Entity] = set()
        for loader, keys in wanted.items():
            for key in keys:
                if self._turns.work(_WORK_OF_A_KEY):
                    await self._turns.give()
                needed = loader.entities(key)
                entities.update(needed)
                self.cacheable = self.cacheable and bool(needed)
                fact = self._cache.get((loader.name, key)) if self._cache and needed else None
                if fact is None:
                    missing.setdefault(loader, []).append(key)
                else:
                    kept.append((loader, key, fact))
        self._touched |= entities
        await self._fetch(self._unknown(entities, wanted), missing)
        changed: dict[StatementLoader[Any, Any], list[Any]] = {}
        for loader, key, fact in kept:
            if self._known(fact.entities) == fact.versions:
                loader.values[key] = fact.value
            else:
                changed.setdefault(loader, []).append(key)
        await self._fetch((), changed)
        if self._cache is not None:
            again = sum(map(len, changed.values()))
            self._cache.hits += len(kept) - again
            self._cache.misses += sum(map(len, missing.values())) + again

    def _unknown(self, entities: set[Entity], wanted: _Keys) -> Collection[Entity]:
        """The versions to be read with a batch; with the first, all that are likely needed."""
        if self._cache is None or not entities:
            return ()
        if self.site is None:
            beginning = [(loader.name, key) for loader, keys in wanted.items() for key in keys]
            if len(beginning) <= _LONGEST_BEGINNING:
                self._beginning = frozenset(beginning)
                entities = entities | self._cache.companions(self._beginning)
            return {SITE, *entities} - self._versions.keys()
        return [entity for entity in entities if self._version(entity) is None]

    async def _fetch(self, versions: Collection[Entity], wanted: _Keys) -> None:
        """Read versions and values in as few statements as there can be."""
        asked = [version_request(versions)] if versions else []
        requests = [
            (loader, request)
            for loader, keys in wanted.items()
            for request in loader.requests(keys)
        ]
        if not asked and not requests:
            return
        first: list[Any] = [(CURRENT_POSITION, {})] if self.position is None else []
        before = len(asked) + len(first)
        answers = await self._snapshot.fetch_together(
            [*first, *asked, *((request.statement, request.parameters) for _, request in requests)],
            apart=(at for at, (_, one) in enumerate(requests, before) if one.large),
        )
        if first and (rows := answers.pop(0)):
            self.position = LogPosition(*rows[0])
        if asked:
            self._note_versions(versions, answers.pop(0))
        for (loader, request), rows in zip(requests, answers, strict=True):
            found = await beside(len(rows), partial(request.values, rows))
            for key in request.keys:
                if self._turns.work(_WORK_OF_A_KEY):
                    await self._turns.give()
                value = found[key] if key in found else loader.nothing()
                loader.values[key] = value
                self._keep(loader, key, value)

    def _note_versions(self, versions: Collection[Entity], rows: Sequence[Any]) -> None:
        self._versions |= dict.fromkeys(versions, 0)
        self._versions.update(read_versions(rows))
        if self._cache is not None:
            if self.site is None:
                self.site = self._versions[SITE]
            self._cache.confirm(((one, self._versions[one]) for one in versions), self.site)

    def _keep(self, loader: StatementLoader[Any, Any], key: Hashable, value: object) -> None:
        if self._cache is None:
            return
        entities = loader.entities(key)
        versions = self._known(entities) if entities else None
        if versions is not None:
            self._cache.put((loader.name, key), value, entities, versions)

    def _valid(self, key: Hashable) -> Fact | None:
        """A cached fact that is known to hold in the snapshot, as far as nothing has to be read."""
        if self._cache is None or self.site is None:
            return None
        fact = self._cache.get(key)
        if fact is None:
            return None
        # The site has one state for each of its versions, in all histories of the database.
        if fact.held_at != self.site:
            if self._known(fact.entities) != fact.versions:
                return None
            fact.held_at = self.site
        self._cache.hits += 1
        self._touched.update(fact.entities)
        return fact

    def _known(self, entities: tuple[Entity, ...]) -> tuple[int, ...] | None:
        """The version of each entity in the snapshot; None if one is not known."""
        versions = []
        for entity in entities:
            version = self._version(entity)
            if version is None:
                return None
            versions.append(version)
        return tuple(versions)

    def _version(self, entity: Entity) -> int | None:
        """The version of an entity in the snapshot, if it is known."""
        version = self._versions.get(entity)
        if version is None and self._cache is not None and self.site is not None:
            version = self._cache.confirmed(entity, self.site)
            if version is not None:
                self._versions[entity] = version
        return version

    def note(self, entity: Entity, version: int) -> None:
        """Note a version of what the operation has read from elsewhere."""
        self._noted[entity] = version

    async def versions(self, entities: Iterable[Entity] | None = None) -> dict[Entity, int]:
        """The versions of entities in the snapshot; of all that was read, if none are given."""
        wanted = list(self._touched if entities is None else entities)
        unknown = [entity for entity in wanted if self._version(entity) is None]
        if unknown:
            (rows,) = await self._snapshot.fetch_together([version_request(unknown)])
            self._versions.update(read_versions(rows))
        known = {entity: self._versions.get(entity, 0) for entity in wanted}
        if entities is not None:
            return known
        # Of what is not cacheable nobody can tell whether it has changed.
        return known | self._noted | ({} if self.cacheable else {("panoptes", 0): 0})

    def close(self) -> None:
        """Give up what is still being read, and what anybody will ask for."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._cache is not None and self._beginning is not None:
            self._cache.accompany(self._beginning, frozenset(self._touched))
