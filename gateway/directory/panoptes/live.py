"""Groups and memberships looked up in Panoptes when an operation needs them.

What is stored serves while it is fresh; then Panoptes is asked again, and while it is away what is
stored serves until it is stale. What to make of stale entries is the callers' affair: nothing
opens by them.

An operation never waits for the database here: it may hold one connection already. It gets what
Panoptes has just answered, which is stored behind its back, in a transaction of its own. For each
place an operation has either Panoptes' answer or its snapshot's, never some of both.
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
    Place,
    Scope,
    forget_misses,
    place_of,
    store_answer,
)
from gateway.directory.panoptes.client import Panoptes, PanoptesAway, PanoptesRefused
from gateway.directory.panoptes.led_here import ALWAYS
from gateway.directory.panoptes.look_up_limits import Asker, LookUpLimits
from gateway.directory.panoptes.questions import ask
from gateway.directory.rows import Row
from gateway.errors import Unavailable

_log = logging.getLogger(__name__)

#: For how long a kind of question is not asked after one had no answer.
_PAUSE = timedelta(seconds=5) // timedelta(microseconds=1)
#: How often what Panoptes does not have is forgotten.
_SWEEP = timedelta(hours=1) // timedelta(microseconds=1)

#: What a scope asks for, and whether it names groups and users.
_Kind = tuple[str, bool, bool]
#: Operations ask for the same place together.
_Key = tuple[str, Place]


class Freshness(NamedTuple):
    """How old stored entries may be, in seconds, and how long Panoptes may take to renew them."""

    fresh_seconds: float
    stale_seconds: float
    timeout_seconds: float


class LookedUp(NamedTuple):
    """What to take for each place: Panoptes' answer, or else what is stored."""

    #: Rows of the places that Panoptes has just answered about; none where it has none.
    answered: Mapping[Place, Sequence[Row]]
    #: Places whose stored entries are too old to rely on.
    stale: frozenset[Place]
    #: The names of users that came along.
    users: Sequence[Row]
    #: Places of which nothing is to be told that exists not for whoever asks: too many unknown
    #: ones were asked for in this minute. Unknown ones were not looked up.
    refused: frozenset[Place] = frozenset()
    #: Of the groups in lists of users' memberships, those about which Panoptes says nothing:
    #: they are led here.
    led_here: frozenset[int] = frozenset()
    #: For how many microseconds nobody would ask Panoptes again; 0 if it would be asked at once.
    fresh_for: int = 0


class _Answer(NamedTuple):
    rows: Mapping[str, Sequence[Row]]
    #: The rows that the question was about, by its places.
    by_place: Mapping[Place, Sequence[Row]]
    asked_at: int


class LiveDirectory:
    """Panoptes beside the directory, for all operations of a process.

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
        self._under_way: dict[_Key, asyncio.Task[_Answer | None]] = {}
        self._storing: set[asyncio.Task[None]] = set()
        #: Those whose answers nobody waits for any more.
        self._superseded: set[asyncio.Task[_Answer | None]] = set()
        self._breakers: defaultdict[_Kind, CircuitBreaker] = defaultdict(
            lambda: CircuitBreaker(_PAUSE, lambda: instant_of(clock()))
        )
        self._swept_at = instant_of(clock())

    async def look_up(
        self,
        scope: Scope,
        stored: Mapping[Place, int],
        asker: Asker,
        secret: Collection[Place] = (),
    ) -> LookedUp:
        """What to take for the places of the scope; ``stored`` says when they were asked for.

        Asks Panoptes for those that are not fresh, once for all operations that need them at the
        same time, and takes no longer than the timeout. The ``asker`` may have so many unknown
        ones looked up in a minute. What is known to be absent counts as well, and so does what is
        ``secret``: else counting would tell who asks which of them it is.
        """
        now = instant_of(self._clock())
        heard = {place: _latest(place, stored, now) for place in scope.places()}
        absent = {place: self.absences.asked_at((scope.resource, place), now) for place in heard}
        ages = {place: now - max(heard[place], absent[place]) for place in heard}
        led = {place for place in heard if stored.get((place[0], 0)) == ALWAYS}
        due = {place for place, age in ages.items() if age >= self._fresh} - led
        counted = {place for place in due if ages[place] == now}.union(secret)
        if scope.resource == GROUPS:
            counted.update(place for place in heard if absent[place] > heard[place])
        refused = counted if await self._is_too_much(asker, len(counted)) else set()
        answers = await self._ask(scope, sorted(due - refused), now)
        found = {place: answer.by_place.get(place, ()) for place, answer in answers.items()}
        stale = {p for p in due - refused if p not in answers and ages[p] >= self._stale}
        # What was not there when it was last asked for is as good as an entry that is stored.
        missing = {p for p in heard if absent[p] > heard[p] and p not in stale and p not in found}
        left = {place: self._fresh - age for place, age in ages.items() if place not in led}
        left |= {place: self._fresh - (now - one.asked_at) for place, one in answers.items()}
        left |= dict.fromkeys(refused, _PAUSE)
        return LookedUp(
            {**dict.fromkeys(missing, ()), **found},
            frozenset(stale),
            [row for answer in _each(answers.values()) for row in answer.rows.get("users", ())],
            frozenset(refused),
            fresh_for=max(min(left.values(), default=self._fresh), 0),
        )

    def supersede(self, places: Iterable[_Key]) -> None:
        """Take no answer for these places that was asked for before now: they have changed."""
        for resource, (group, user) in places:
            self.absences.forget((resource, (group, user)))
            for key in [*self._under_way]:
                asked, (of_group, of_user) = key
                if asked == resource and (of_group, of_user) in {
                    (group, user),
                    (group, 0),
                    (0, user),
                }:
                    self._superseded.add(task := self._under_way.pop(key))
                    task.add_done_callback(self._superseded.discard)

    async def _is_too_much(self, asker: Asker, ids: int) -> bool:
        return bool(ids) and not await self._limits.allow(asker, ids)

    async def _ask(self, scope: Scope, due: Sequence[Place], now: int) -> dict[Place, _Answer]:
        if not due:
            return {}
        kind = _kind_of(scope)
        keys: dict[Place, _Key] = {place: (scope.resource, place) for place in due}
        new = [place for place in due if not self._is_under_way(keys[place], now)]
        if new and self._breakers[kind].state is not BreakerState.OPEN:
            task = asyncio.create_task(self._fetch(_narrowed(scope, new), kind, new))
            self._under_way |= {keys[place]: task for place in new}
        tasks = {
            place: self._under_way[keys[place]] for place in due if keys[place] in self._under_way
        }
        if tasks:
            _, late = await asyncio.wait(set(tasks.values()), timeout=self._timeout)
            if late:
                # A call is over only when it has been cancelled: the next operation is here first.
                self._breakers[kind].failed()
        results = {place: task.result() for place, task in tasks.items() if task.done()}
        # One that waits to be stored gets stale as well.
        now = instant_of(self._clock())
        return {
            place: answer
            for place, answer in results.items()
            if answer is not None and 0 <= now - answer.asked_at <= self._stale
        }

    def _is_under_way(self, key: _Key, now: int) -> bool:
        task = self._under_way.get(key)
        if task is None or not task.done():
            return task is not None
        answer = task.result()
        # Storing can take longer than what is stored stays fresh.
        return answer is not None and 0 <= now - answer.asked_at < self._fresh

    async def _fetch(self, scope: Scope, kind: _Kind, places: Sequence[Place]) -> _Answer | None:
        asked_at = instant_of(self._clock())
        answer = None
        try:
            async with asyncio.timeout(self._timeout):
                entries = await ask(self._panoptes, scope)
            self._breakers[kind].worked()
            answer = _Answer(entries.rows, _by_place(scope, entries.rows), asked_at)
            self._note_absences(scope, answer)
        except (PanoptesAway, PanoptesRefused, TimeoutError) as error:
            self._breakers[kind].failed()
            _log.warning(
                "Panoptes did not answer about %s: %s", scope.resource, error or "too slow"
            )
        finally:
            keys = [(scope.resource, place) for place in places]
            task = asyncio.create_task(self._store(scope, answer, keys, asyncio.current_task()))
            self._storing.add(task)
            task.add_done_callback(self._storing.discard)
        return answer

    def _note_absences(self, scope: Scope, answer: _Answer) -> None:
        if scope.is_list:
            return
        for place in scope.places():
            if answer.by_place.get(place):
                self.absences.forget((scope.resource, place))
            else:
                self.absences.note((scope.resource, place), answer.asked_at)

    async def _store(
        self,
        scope: Scope,
        answer: _Answer | None,
        keys: Iterable[_Key],
        fetching: asyncio.Task[Any] | None,
    ) -> None:
        try:
            if answer is not None:
                await self._database.write(
                    partial(store_answer, scope=scope, rows=answer.rows, asked_at=answer.asked_at)
                )
                await self._sweep()
        except Unavailable:
            # The operations have their answer; the next ones ask Panoptes again.
            _log.warning("An answer of Panoptes was not stored: the database does not answer.")
        except Exception:
            _log.exception("An answer of Panoptes could not be stored.")
        finally:
            for key in keys:
                if self._under_way.get(key) is fetching:
                    del self._under_way[key]

    async def _sweep(self) -> None:
        now = instant_of(self._clock())
        if not 0 <= now - self._swept_at < _SWEEP:
            self._swept_at = now
            await self._database.write(partial(forget_misses, before=now - self._stale, now=now))

    async def drain(self) -> None:
        """Wait until everything that was asked is answered and stored."""
        while under_way := {*self._storing, *self._superseded, *self._under_way.values()}:
            await asyncio.wait(under_way)

    async def close(self) -> None:
        """Settle, and close the connections."""
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
    """Each answer once, however many places it speaks of."""
    return {id(answer): answer for answer in answers}.values()


def _latest(place: Place, stored: Mapping[Place, int], now: int) -> int:
    """When Panoptes was last asked about a place, also among others; long ago if it never was.

    What is said to be of the future was written by another clock: it tells nothing.
    """
    group, user = place
    instants = [stored.get(one, 0) for one in (place, (group, 0), (0, user))]
    if ALWAYS in instants:
        return now
    return max((instant for instant in instants if instant <= now), default=0)


def _narrowed(scope: Scope, places: Iterable[Place]) -> Scope:
    groups, users = (frozenset(ids) - {0} for ids in zip(*places, strict=True))
    return Scope(scope.resource, groups, users)


def _by_place(scope: Scope, rows: Mapping[str, Sequence[Row]]) -> dict[Place, list[Row]]:
    found: dict[Place, list[Row]] = defaultdict(list)
    states = {row["group_id"]: row["state"] for row in rows.get(RECORDS, ())}
    for row in rows[scope.resource]:
        group, user = place_of(scope.resource, row)
        told = row | {"state": states.get(group)} if scope.resource == GROUPS else row
        found[group if scope.groups else 0, user if scope.users else 0].append(told)
    return found
