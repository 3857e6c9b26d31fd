"""The facts that one operation reads: from the cache where it holds, else from its snapshot.

What all loaders want in one turn of the loop makes a wave: the versions that are not known yet
and whatever is not in the cache go out together, and only facts that turn out to be of another
version go out after them.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Select

from gateway.db import Snapshot
from gateway.loaders.cache import FactCache
from gateway.loaders.kept_facts import Fact
from gateway.loaders.loader import Loader, Turn
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.stats.versions import SITE, Entity, read_versions, version_request
from gateway.turns import Turns, beside

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Looking for a key's fact, or keeping it.
_WORK_OF_A_KEY = 10

#: Operations that begin with more keys than that are not remembered by what they begin with.
_LONGEST_BEGINNING = 50


class Batch(NamedTuple):
    """Keys that one statement answers."""

    keys: Sequence[Any]
    statement: Select[Any]
    parameters: Mapping[str, Any]
    #: Values by key in the rows; a key without any may be left out.
    read: Callable[[Sequence[Any]], Mapping[Any, Any]]
    #: Whether there may be thousands of rows.
    large: bool = False


class FactLoader(Loader[K, V], Generic[K, V]):
    """A loader of facts: how they are read, and what they depend on."""

    #: What the facts are called among those of other loaders.
    name: ClassVar[str]

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    @abstractmethod
    def batches(self, keys: Sequence[K]) -> Iterable[Batch]:
        """The statements that answer the keys, each key once."""

    @abstractmethod
    def entities(self, key: K) -> tuple[Entity, ...]:
        """What gets a new version whenever the fact changes; nothing for what is never kept."""

    @abstractmethod
    def nothing(self) -> V:
        """The value of a key that the rows do not speak of."""

    def _not_at_hand(self, keys: list[K]) -> list[K]:
        if not self._facts.may_be_valid:
            return keys
        unknown = []
        for key in keys:
            fact = self._facts.valid((self.name, key))
            if fact is None:
                unknown.append(key)
            else:
                self._values[key] = fact.value
        return unknown

    def _schedule(self, turn: Turn[K, V]) -> None:
        self._facts.add(turn, self)


_Wanted = list[tuple[Turn[Any, Any], FactLoader[Any, Any]]]


class Facts:
    """What one operation reads of its snapshot, and the versions of all that it has read."""

    def __init__(
        self,
        snapshot: Snapshot,
        cache: FactCache | None = None,
        watch: Watch = UNWATCHED,
        turns: Turns | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._cache = cache
        self._watch = watch
        self._turns = turns or Turns()
        self._loop = asyncio.get_running_loop()
        #: The site's version in the snapshot; None before it was read.
        self.site: int | None = None
        self._versions: dict[Entity, int] = {}
        self._touched: set[Entity] = set()
        self._noted: dict[Entity, int] = {}
        #: Whether something was read that has no version.
        self.unversioned = False
        self._wanted: DataLoader[tuple[Turn[Any, Any], FactLoader[Any, Any]], None] = DataLoader(
            self._run, cache=False
        )
        self._beginning: Hashable = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def add(self, turn: Turn[Any, Any], loader: FactLoader[Any, Any]) -> None:
        """Take a turn's keys into the next wave."""
        if self._closed:
            # Whoever still asks was left behind, and must not take a connection again.
            self._loop.call_soon(turn.fail, asyncio.CancelledError())
        else:
            self._wanted.load((turn, loader))

    async def _run(self, wanted: _Wanted) -> list[None]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._tasks.add(task)
        try:
            if self._closed:
                raise asyncio.CancelledError
            with self._watched(wanted):
                values = await self._settle(wanted)
        except BaseException as error:
            for turn, _ in wanted:
                turn.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            for (turn, _), found in zip(wanted, values, strict=True):
                turn.end(found)
        finally:
            self._tasks.discard(task)
        return [None] * len(wanted)

    def _watched(self, wanted: _Wanted) -> AbstractContextManager[None]:
        if self._watch.count_batch is not None:
            for turn, loader in wanted:
                self._watch.count_batch(loader.name, len(turn.keys))
        if self._watch.around_wave is None:
            return nullcontext()
        return self._watch.around_wave(sum(len(turn.keys) for turn, _ in wanted))

    async def _settle(self, wanted: _Wanted) -> list[dict[Any, Any]]:
        """The values of each turn's keys."""
        found: list[dict[Any, Any]] = [{} for _ in wanted]
        missing: list[list[Any]] = [[] for _ in wanted]
        kept: list[tuple[int, Any, Fact]] = []
        entities: set[Entity] = set()
        for place, (turn, loader) in enumerate(wanted):
            for key in turn.begin():
                if self._turns.work(_WORK_OF_A_KEY):
                    await self._turns.give()
                needed = loader.entities(key)
                entities.update(needed)
                self.unversioned = self.unversioned or not needed
                fact = self._cache.get((loader.name, key)) if self._cache and needed else None
                if fact is None:
                    missing[place].append(key)
                else:
                    kept.append((place, key, fact))
        self._touched |= entities
        await self._read(self._unknown(entities, wanted), wanted, missing, found)
        changed: list[list[Any]] = [[] for _ in wanted]
        for place, key, fact in kept:
            if self._known(fact.entities) == fact.versions:
                found[place][key] = fact.value
            else:
                changed[place].append(key)
        await self._read((), wanted, changed, found)
        if self._cache is not None:
            again = sum(map(len, changed))
            self._cache.hits += len(kept) - again
            self._cache.misses += sum(map(len, missing)) + again
        return found

    def _unknown(self, entities: set[Entity], wanted: _Wanted) -> Collection[Entity]:
        """The versions to be read with a wave; with the first, all that are likely to be needed."""
        if self._cache is None or not entities:
            return ()
        if self.site is None:
            beginning = [(loader.name, key) for turn, loader in wanted for key in turn.keys]
            if len(beginning) <= _LONGEST_BEGINNING:
                self._beginning = frozenset(beginning)
                entities = entities | self._cache.companions(self._beginning)
            return {SITE, *entities} - self._versions.keys()
        return [entity for entity in entities if self._version(entity) is None]

    async def _read(
        self,
        versions: Collection[Entity],
        wanted: _Wanted,
        keys: list[list[Any]],
        found: list[dict[Any, Any]],
    ) -> None:
        """Read versions, and the facts of each turn's keys into what was found for it."""
        asked = [version_request(versions)] if versions else []
        batches = [
            (place, batch)
            for place, (_, loader) in enumerate(wanted)
            if keys[place]
            for batch in loader.batches(keys[place])
        ]
        if not asked and not batches:
            return
        answers = await self._fetch(versions, asked, [batch for _, batch in batches])
        for (place, batch), rows in zip(batches, answers, strict=True):
            loader = wanted[place][1]
            values = await beside(len(rows), partial(batch.read, rows))
            for key in batch.keys:
                if self._turns.work(_WORK_OF_A_KEY):
                    await self._turns.give()
                value = values[key] if key in values else loader.nothing()
                found[place][key] = value
                self._keep(loader, key, value)

    async def _fetch(
        self, versions: Collection[Entity], asked: Sequence[Any], batches: Sequence[Batch]
    ) -> Sequence[Sequence[Any]]:
        """The rows of the batches, after those of the versions were noted."""
        answers = await self._snapshot.fetch_together(
            [*asked, *((batch.statement, batch.parameters) for batch in batches)],
            apart=(place for place, batch in enumerate(batches, len(asked)) if batch.large),
        )
        if asked:
            self._versions |= dict.fromkeys(versions, 0)
            for rows in answers[: len(asked)]:
                self._versions.update(read_versions(rows))
            if self._cache is not None:
                if self.site is None:
                    self.site = self._versions[SITE]
                self._cache.confirm(((one, self._versions[one]) for one in versions), self.site)
        return answers[len(asked) :]

    def _keep(self, loader: FactLoader[Any, Any], key: Hashable, value: object) -> None:
        if self._cache is None:
            return
        entities = loader.entities(key)
        versions = self._known(entities) if entities else None
        if versions is not None:
            self._cache.put((loader.name, key), value, entities, versions)

    @property
    def may_be_valid(self) -> bool:
        """Whether a cached fact can be known to hold already."""
        return self._cache is not None and self.site is not None

    def valid(self, key: Hashable) -> Fact | None:
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

    def fetch(self, statement: Select[Any]) -> asyncio.Task[Sequence[Any]]:
        """Rows that depend on the whole site, and are never kept.

        In a task of its own: whoever executes operations may wait for several of them at once.
        """
        self._touched.add(SITE)
        task = self._loop.create_task(self._snapshot.fetch(statement))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

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
        return known if entities is not None else known | self._noted

    def close(self) -> None:
        """Give up what is still being read, and what anybody will ask for."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._cache is not None and self._beginning is not None:
            self._cache.accompany(self._beginning, frozenset(self._touched))
