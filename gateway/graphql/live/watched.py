"""Watched operation: a live query of one viewer, its newest answer and its streams."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

import orjson

from gateway.auth.viewer import Viewer
from gateway.changes.entity import SITE, Entity
from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.graphql.execution.basis import Basis
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.live.frames import Frame
from gateway.graphql.live.stream import LiveStream
from gateway.json_bytes import json_bytes

#: Of a watched operation with its request, of a letter of its variables, and of an entity.
_WATCHED_BYTES = 4_000
_LETTER_BYTES = 8
_ENTITY_BYTES = 150
#: Shorter executions count as this long in the urgency.
_SHORTEST_SECONDS = 0.001
#: In place of too many entities: every change makes it out of date.
_EVERYTHING = frozenset({SITE})


class PageKey(NamedTuple):
    """Key of a page: a live query and its variables, for any viewer."""

    digest: str
    operation_name: str | None
    variables: bytes
    with_cost: bool

    @classmethod
    def of(cls, operation: PreparedOperation) -> PageKey:
        """The key of a live query that may be executed."""
        variables = json_bytes(operation.request.variables or {}, orjson.OPT_SORT_KEYS)
        name = operation.request.operation_name
        return cls(operation.prepared.digest, name, variables, bool(operation.extensions))

    @property
    def size(self) -> int:
        """The bytes of the variables in memory, by estimate: as keys, and as values."""
        return _LETTER_BYTES * len(self.variables)


class Now(NamedTuple):
    """State of a tick: the feed's position, and what changed since the tick before."""

    position: LogPosition
    before: LogPosition | None
    #: None if unknown.
    changed: AbstractSet[Entity] | None
    day: int
    seconds: float


class Watched:
    """Watched operation, with only the digest of its newest answer: streams hold the bytes."""

    __slots__ = (
        "_day",
        "_entities",
        "_fresh_until",
        "_position",
        "_size",
        "client",
        "digest",
        "evaluated",
        "failures",
        "key",
        "lock",
        "not_before",
        "operation",
        "streams",
        "took",
        "users",
        "viewer",
    )

    def __init__(
        self, key: PageKey, operation: PreparedOperation, viewer: Viewer, client: str
    ) -> None:
        self.key = key
        # The text and the extensions are not needed again, and counted nowhere.
        request = replace(operation.request, query=None, extensions=None)
        self.operation = operation._replace(request=request)
        self.viewer = viewer
        #: The client's address, for the limits of look-ups at Panoptes.
        self.client = client
        self.streams: set[LiveStream] = set()
        #: How many streams are being opened.
        self.users = 0
        #: Held while it is evaluated.
        self.lock = asyncio.Lock()
        self.digest: bytes | None = None
        #: When its last evaluation began, by the loop's clock.
        self.evaluated = 0.0
        #: How many seconds its last execution took.
        self.took = 0.0
        self.failures = 0
        self.not_before = 0.0
        self._day = 0
        self._entities: AbstractSet[Entity] = frozenset()
        self._position: LogPosition | None = None
        self._fresh_until = math.inf
        self._size = _WATCHED_BYTES + key.size

    @property
    def size(self) -> int:
        """The bytes in memory, by estimate; without its document, which many may have."""
        return self._size + _ENTITY_BYTES * len(self._entities)

    def is_older(self, basis: Basis, changes: ChangeFeed) -> bool:
        """Whether an answer is of an older state than the newest answer, or of an unknown one.

        States of different histories have no order: there the later answer is the newer one.
        """
        known, found = self._position, basis.position
        if known is None or not basis.entities:
            return False
        if found is None:
            return True
        return changes.contains(known) and found.version < known.version

    def rest_on(self, basis: Basis, day: int, began: float, *, room: int) -> None:
        """Set the basis of the newest answer; ``room`` is how many bytes it may take.

        Its evaluation ``began`` then, by the loop's clock.
        """
        entities = basis.entities
        if len(entities) > 1 and _ENTITY_BYTES * len(entities) > room:
            entities = _EVERYTHING
        self._entities, self._position = entities, basis.position
        fresh = basis.fresh_seconds
        self._fresh_until = math.inf if fresh is None else began + fresh
        self.evaluated, self._day = began, day

    def holds(self, now: Now, changes: ChangeFeed) -> bool:
        """Whether the newest answer is still valid; does not wait."""
        if self._day != now.day or now.seconds >= self._fresh_until:
            return False
        if not self._entities:
            return True
        position = self._position
        if position is None:
            return False
        if position != now.position:
            if changes.contains(position) and now.position.version < position.version:
                # The server that is read is behind: it has nothing newer.
                return True
            if position == now.before and now.changed is not None:
                if not now.changed.isdisjoint(self._entities):
                    return False
            elif not changes.holds(self._entities, position):
                return False
            self._position = now.position
        return True

    def urgency(self, seconds: float) -> float:
        """Urgency: the waiting time divided by the execution time, by the loop's clock.

        Highest response ratio next: long executions come later, but do not starve.
        """
        return (seconds - self.evaluated) / max(self.took, _SHORTEST_SECONDS)

    def has_missed_some(self) -> bool:
        """Whether a waiting stream was not sent the newest answer."""
        return any(one.is_waiting and one.sent != self.digest for one in self.streams)

    def receivers(self, frame: Frame) -> list[LiveStream]:
        """Set the newest answer, and return the streams that do not have it."""
        self.digest = frame.digest
        return [one for one in self.streams if one.sent != frame.digest]
