"""Reads of one operation: from the read cache where an entry holds, else from its snapshot.

The first batch reads the log position of the snapshot as well, in the same statement. With it the
change feed decides which cache entries hold; the others are read in a second statement. From
then on it is known at once, and what is cached needs no batch. While the log cannot be read, an
operation reads everything, and nothing of it is cached.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from sqlalchemy import Select

from gateway.changes.entity import Entity
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CURRENT_POSITION
from gateway.changes.log_timeout import LogTimeout
from gateway.changes.position import LogPosition
from gateway.db import Snapshot
from gateway.db.compiled import Rows
from gateway.loaders.cache import ReadCache, ReadEntry
from gateway.loaders.loader import Batches, StatementLoader
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.yielding import Yielding, beside

#: Work units of reading a key from the cache, or storing it there.
_WORK_OF_A_KEY = 10

_Loader = StatementLoader[Any, Any]
_Keys = Mapping[_Loader, Sequence[Any]]


class OperationReads(Batches):
    """The reads of one operation, and what its answer depends on because of them.

    Without a ``feed`` an entry holds only at the position at which it was read.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        cache: ReadCache | None = None,
        watch: Watch = UNWATCHED,
        yielding: Yielding | None = None,
        feed: ChangeFeed | None = None,
    ) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._cache = cache
        self._feed = feed
        self._watch = watch
        self.yielding = yielding or Yielding()
        #: Of the snapshot; None before the first statement, and where nothing is cached.
        self.position: LogPosition | None = None
        #: What was read depends on these alone, as long as it is ``cacheable``: False once
        #: anything was that has no entities, is a secret, or comes from another service.
        self.entities: set[Entity] = set()
        self.cacheable = True
        #: Seconds for which data of other services is fresh, whose changes are in no log; None if
        #: none was requested.
        self.fresh_seconds: float | None = None
        self._caught_up = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def uncached(self, loader: _Loader, keys: list[Any]) -> list[Any]:
        """The keys that are not in the cache, as far as that is known without waiting."""
        if self._cache is None or self.position is None:
            return keys
        unknown = []
        for key in keys:
            entry = self._cache.get((loader.name, key))
            if entry is None or not self._holds(entry):
                unknown.append(key)
            else:
                self._take(loader, key, entry)
        return unknown

    async def read(self, wanted: _Keys) -> None:
        """Read one batch; cancelled when the operation is over."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._tasks.add(task)
        try:
            if self._closed:
                # Nobody waits for this read any more: it must not take a connection again.
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
        if self.position is None and self._feed is not None and not self._feed.is_readable():
            self._read_uncached()
        missing: dict[_Loader, list[Any]] = defaultdict(list)
        cached: list[tuple[_Loader, Any, ReadEntry]] = []
        for loader, keys in wanted.items():
            for key in keys:
                if self.yielding.work(_WORK_OF_A_KEY):
                    await self.yielding.yield_if_due()
                entry = None if self._cache is None else self._cache.get((loader.name, key))
                if entry is None:
                    missing[loader].append(key)
                else:
                    cached.append((loader, key, entry))
        if self.position is None:
            await self._fetch(missing)
            missing.clear()
        if cached:
            await self._catch_up()
        for loader, key, entry in cached:
            if self._holds(entry):
                self._take(loader, key, entry)
            else:
                missing[loader].append(key)
        await self._fetch(missing)

    async def _fetch(self, wanted: _Keys) -> None:
        """Read all keys in as few statements as there can be, with the position at first."""
        requests = [(one, request) for one in wanted for request in one.requests(wanted[one])]
        selects = [(request.statement, request.parameters) for _, request in requests]
        large = [index for index, (_, request) in enumerate(requests) if request.large]
        if self.position is None and (self._cache is not None or self._feed is not None):
            answers = await self._fetch_with_position(selects, large)
        elif selects:
            answers = await self._snapshot.fetch_together(selects, apart=large)
        else:
            return
        for (loader, request), rows in zip(requests, answers, strict=True):
            found = await beside(len(rows), partial(request.values, rows))
            for key in request.keys:
                if self.yielding.work(_WORK_OF_A_KEY):
                    await self.yielding.yield_if_due()
                value = found.get(key, loader.default)
                loader.values[key] = value
                self._store(loader, key, value)

    async def _fetch_with_position(
        self, selects: Sequence[tuple[Select[Any], Mapping[str, Any]]], large: Sequence[int]
    ) -> list[Rows]:
        """Read the position as well; without it, and uncached, where only the log is unreadable."""
        is_first = self._snapshot.statements == 0
        timeout = LogTimeout(self._feed if is_first else None)
        try:
            async with timeout:
                answers = await self._snapshot.fetch_together(
                    [*selects, (CURRENT_POSITION, {})], apart=large
                )
        except TimeoutError:
            if not timeout.expired:
                raise
            # Nothing has been read, so nothing was seen in the snapshot that is given up.
            await self._snapshot.close()
            self._read_uncached()
            return await self._snapshot.fetch_together(selects, apart=large) if selects else []
        for row in answers.pop():
            self.position = LogPosition(*row)
        return answers

    def _read_uncached(self) -> None:
        self._cache = self._feed = None

    def _take(self, loader: _Loader, key: Any, entry: ReadEntry) -> None:
        loader.values[key] = entry.value
        self.entities.update(entry.entities)
        if self._cache is not None:
            self._cache.hits += 1

    def _store(self, loader: _Loader, key: Any, value: object) -> None:
        entities = loader.entities(key)
        self.entities.update(entities)
        if not entities:
            self.cacheable = False
        if self._cache is None:
            return
        self._cache.misses += 1
        if entities and self.position is not None:
            self._cache.put((loader.name, key), value, entities, self.position)

    def _holds(self, entry: ReadEntry) -> bool:
        """Whether an entry equals what the snapshot would answer."""
        here = self.position
        if here is None:
            return False
        if entry.position == here:
            return True
        if self._feed is None or not self._feed.holds(entry.entities, entry.position, here):
            return False
        if entry.position.version < here.version:
            entry.position = here
        return True

    async def _catch_up(self) -> None:
        """Let the feed catch up to the position, unless it has: without that no entry holds."""
        if self._feed is None or self.position is None or self._caught_up:
            return
        if not self._feed.contains(self.position):
            self._caught_up = True
            await self._feed.catch_up()

    def depend_on_service(self, fresh_seconds: float) -> None:
        """Note that the answer depends on another service, whose data is fresh for so long."""
        self.cacheable = False
        known = self.fresh_seconds
        self.fresh_seconds = fresh_seconds if known is None else min(known, fresh_seconds)

    def close(self) -> None:
        """Cancel the running reads, and refuse further ones."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
