"""Live look-up of groups and memberships in Panoptes, when an operation needs them.

What is stored serves while it is fresh; then Panoptes is asked again, and while it is away what is
stored serves until it is stale. Callers decide about stale entries, which must never widen
access.

An operation never waits for the database here: it may hold one connection already. It gets what
Panoptes has just answered, which is stored in the background, in a transaction of its own. For each
record key an operation has either Panoptes' answer or its snapshot's, never some of both.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Self

from gateway.circuit_breaker import BreakerState, CircuitBreaker
from gateway.db import Database
from gateway.db.instants import instant_of
from gateway.directory.panoptes.absences import Absences
from gateway.directory.panoptes.answers import (
    GROUPS,
    RECORDS,
    RecordKey,
    Scope,
    delete_misses,
    record_key_of,
    store_answer,
)
from gateway.directory.panoptes.client import Panoptes, PanoptesAway, PanoptesRefused
from gateway.directory.panoptes.local_groups import ALWAYS
from gateway.directory.panoptes.look_up_limits import Asker, LookUpLimits
from gateway.directory.panoptes.questions import ask
from gateway.directory.rows import Row
from gateway.errors import Unavailable

_log = logging.getLogger(__name__)

#: For how long a kind of request is not sent after one had no answer.
_PAUSE = timedelta(seconds=5) // timedelta(microseconds=1)
#: How often absences are deleted.
_SWEEP = timedelta(hours=1) // timedelta(microseconds=1)

#: What a scope asks for, and whether it names groups and users.
_Kind = tuple[str, bool, bool]
#: A resource and a record key of it: operations that need the same one share one request.
_RequestKey = tuple[str, RecordKey]


class Freshness(NamedTuple):
    """How old stored entries may be, in seconds, and how long Panoptes may take to renew them."""

    fresh_seconds: float
    stale_seconds: float
    timeout_seconds: float


class LookedUp(NamedTuple):
    """Result of a look-up, by record key: Panoptes' answer, or else what is stored."""

    #: Rows of the keys that Panoptes has just answered about; none where it has none.
    answered: Mapping[RecordKey, Sequence[Row]]
    #: Record keys whose stored entries are too old to rely on.
    stale: frozenset[RecordKey]
    #: The names of users that came along.
    users: Sequence[Row]
    #: Record keys that were not looked up: too many unknown ones were requested in this minute.
    #: Whoever asks must not learn whether those hidden from them exist.
    refused: frozenset[RecordKey] = frozenset()
    #: Of the groups in lists of users' memberships, those about which Panoptes says nothing:
    #: they are led here.
    local_groups: frozenset[int] = frozenset()
    #: For how many microseconds no request to Panoptes would be made; 0 if one would at once.
    fresh_for: int = 0


class _Answer(NamedTuple):
    rows: Mapping[str, Sequence[Row]]
    #: The requested rows by their record keys.
    by_key: Mapping[RecordKey, Sequence[Row]]
    requested_at: int


class LiveDirectory:
    """Read-through cache of Panoptes in the directory, for all operations of a process.

    It closes ``panoptes`` when it is closed itself.
    """

    def __init__(
        self,
        panoptes: Panoptes,
        database: Database,
        clock: Callable[[], datetime],
        freshness: Freshness,
        limits: LookUpLimits,
    ) -> None:
        self._panoptes = panoptes
        self._database = database
        self._clock = clock
        self._fresh = int(freshness.fresh_seconds * 1_000_000)
        self._stale = int(freshness.stale_seconds * 1_000_000)
        self._timeout = freshness.timeout_seconds
        self._limits = limits
        self.absences = Absences()
        #: Answers on their way, and those that are not stored yet.
        self._under_way: dict[_RequestKey, asyncio.Task[_Answer | None]] = {}
        self._storing: set[asyncio.Task[None]] = set()
        #: Requests whose answers are ignored.
        self._superseded: set[asyncio.Task[_Answer | None]] = set()
        self._breakers: defaultdict[_Kind, CircuitBreaker] = defaultdict(
            lambda: CircuitBreaker(_PAUSE, lambda: instant_of(clock()))
        )
        self._swept_at = instant_of(clock())

    async def look_up(
        self,
        scope: Scope,
        stored: Mapping[RecordKey, int],
        asker: Asker,
        secret: Collection[RecordKey] = (),
    ) -> LookedUp:
        """Panoptes' answers for the scope's record keys; ``stored`` has their last request times.

        Asks Panoptes for those that are not fresh, once for all operations that need them at the
        same time, and takes no longer than the timeout. The ``asker`` may have so many unknown
        ones looked up in a minute. What is known to be absent counts as well, and so does what is
        ``secret``: else counting would tell who asks which of them it is.
        """
        now = instant_of(self._clock())
        latest = {key: _latest(key, stored, now) for key in scope.record_keys()}
        absent = {key: self.absences.requested_at((scope.resource, key), now) for key in latest}
        ages = {key: now - max(latest[key], absent[key]) for key in latest}
        led = {key for key in latest if stored.get((key[0], 0)) == ALWAYS}
        due = {key for key, age in ages.items() if age >= self._fresh} - led
        counted = {key for key in due if ages[key] == now}.union(secret)
        if scope.resource == GROUPS:
            counted.update(key for key in latest if absent[key] > latest[key])
        refused = counted if await self._is_too_much(asker, len(counted)) else set()
        answers = await self._ask(scope, sorted(due - refused), now)
        found = {key: answer.by_key.get(key, ()) for key, answer in answers.items()}
        stale = {p for p in due - refused if p not in answers and ages[p] >= self._stale}
        # What was absent when it was last requested is as good as an entry that is stored.
        missing = {p for p in latest if absent[p] > latest[p] and p not in stale and p not in found}
        left = {key: self._fresh - age for key, age in ages.items() if key not in led}
        left |= {key: self._fresh - (now - one.requested_at) for key, one in answers.items()}
        left |= dict.fromkeys(refused, _PAUSE)
        return LookedUp(
            {**dict.fromkeys(missing, ()), **found},
            frozenset(stale),
            [row for answer in _each(answers.values()) for row in answer.rows.get("users", ())],
            frozenset(refused),
            fresh_for=max(min(left.values(), default=self._fresh), 0),
        )

    def supersede(self, keys: Iterable[_RequestKey]) -> None:
        """Ignore answers for these keys that were requested before now: the records changed."""
        for resource, (group, user) in keys:
            self.absences.remove((resource, (group, user)))
            affected = {(resource, one) for one in ((group, user), (group, 0), (0, user))}
            for key in affected & self._under_way.keys():
                self._superseded.add(task := self._under_way.pop(key))
                task.add_done_callback(self._superseded.discard)

    async def _is_too_much(self, asker: Asker, ids: int) -> bool:
        return bool(ids) and not await self._limits.allow(asker, ids)

    async def _ask(self, scope: Scope, due: list[RecordKey], now: int) -> dict[RecordKey, _Answer]:
        if not due:
            return {}
        kind = _kind_of(scope)
        request_keys = {key: (scope.resource, key) for key in due}
        new = [key for key in due if not self._is_under_way(request_keys[key], now)]
        if new and self._breakers[kind].state is not BreakerState.OPEN:
            task = asyncio.create_task(self._fetch(_narrowed(scope, new), kind, new))
            self._under_way |= {request_keys[key]: task for key in new}
        under_way = self._under_way
        tasks = {key: under_way[it] for key, it in request_keys.items() if it in under_way}
        if tasks:
            _, late = await asyncio.wait(set(tasks.values()), timeout=self._timeout)
            if late:
                # A call is over only when it has been cancelled: the next operation is here first.
                self._breakers[kind].failed()
        results = {key: task.result() for key, task in tasks.items() if task.done()}
        # One that waits to be stored gets stale as well.
        now = instant_of(self._clock())
        return {
            key: answer
            for key, answer in results.items()
            if answer is not None and 0 <= now - answer.requested_at <= self._stale
        }

    def _is_under_way(self, key: _RequestKey, now: int) -> bool:
        task = self._under_way.get(key)
        if task is None or not task.done():
            return task is not None
        answer = task.result()
        # Storing can take longer than what is stored stays fresh.
        return answer is not None and 0 <= now - answer.requested_at < self._fresh

    async def _fetch(self, scope: Scope, kind: _Kind, keys: Sequence[RecordKey]) -> _Answer | None:
        requested_at = instant_of(self._clock())
        answer = None
        try:
            async with asyncio.timeout(self._timeout):
                entries = await ask(self._panoptes, scope)
            self._breakers[kind].worked()
            answer = _Answer(entries.rows, _by_key(scope, entries.rows), requested_at)
            self._record_absences(scope, answer)
        except (PanoptesAway, PanoptesRefused, TimeoutError) as error:
            self._breakers[kind].failed()
            _log.warning(
                "Panoptes did not answer about %s: %s", scope.resource, error or "too slow"
            )
        finally:
            requests = [(scope.resource, key) for key in keys]
            task = asyncio.create_task(self._store(scope, answer, requests, asyncio.current_task()))
            self._storing.add(task)
            task.add_done_callback(self._storing.discard)
        return answer

    def _record_absences(self, scope: Scope, answer: _Answer) -> None:
        if scope.is_list:
            return
        for key in scope.record_keys():
            if answer.by_key.get(key):
                self.absences.remove((scope.resource, key))
            else:
                self.absences.add((scope.resource, key), answer.requested_at)

    async def _store(
        self,
        scope: Scope,
        answer: _Answer | None,
        request_keys: Iterable[_RequestKey],
        fetching: asyncio.Task[Any] | None,
    ) -> None:
        try:
            if answer is not None:
                await self._database.write(
                    partial(
                        store_answer,
                        scope=scope,
                        rows=answer.rows,
                        requested_at=answer.requested_at,
                    )
                )
                await self._sweep()
        except Unavailable:
            # The operations have their answer; the next ones ask Panoptes again.
            _log.warning("An answer of Panoptes was not stored: the database does not answer.")
        except Exception:
            _log.exception("An answer of Panoptes could not be stored.")
        finally:
            for key in request_keys:
                if self._under_way.get(key) is fetching:
                    del self._under_way[key]

    async def _sweep(self) -> None:
        now = instant_of(self._clock())
        if not 0 <= now - self._swept_at < _SWEEP:
            self._swept_at = now
            await self._database.write(partial(delete_misses, before=now - self._stale, now=now))

    async def drain(self) -> None:
        """Wait until all requests are answered and stored."""
        while under_way := {*self._storing, *self._superseded, *self._under_way.values()}:
            await asyncio.wait(under_way)

    async def close(self) -> None:
        """Drain, and close the connections."""
        await self.drain()
        await self._panoptes.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _kind_of(scope: Scope) -> _Kind:
    return scope.resource, bool(scope.groups), bool(scope.users)


def _each(answers: Iterable[_Answer]) -> Iterable[_Answer]:
    """Each answer once, however many keys it has."""
    return {id(answer): answer for answer in answers}.values()


def _latest(key: RecordKey, stored: Mapping[RecordKey, int], now: int) -> int:
    """When Panoptes was last asked for a record key, alone or in a list; 0 if it never was.

    An instant in the future was written by another clock, and is ignored.
    """
    group, user = key
    instants = [stored.get(one, 0) for one in (key, (group, 0), (0, user))]
    if ALWAYS in instants:
        return now
    return max((instant for instant in instants if instant <= now), default=0)


def _narrowed(scope: Scope, keys: Iterable[RecordKey]) -> Scope:
    groups, users = (frozenset(ids) - {0} for ids in zip(*keys, strict=True))
    return Scope(scope.resource, groups, users)


def _by_key(scope: Scope, rows: Mapping[str, Sequence[Row]]) -> dict[RecordKey, list[Row]]:
    found: dict[RecordKey, list[Row]] = defaultdict(list)
    states = {row["group_id"]: row["state"] for row in rows.get(RECORDS, ())}
    for row in rows[scope.resource]:
        group, user = record_key_of(scope.resource, row)
        shaped = row | {"state": states.get(group)} if scope.resource == GROUPS else row
        found[group if scope.groups else 0, user if scope.users else 0].append(shaped)
    return found
