"""Basis: what an answer depends on, and the state of the database that it was read in."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol, Self

from gateway.changes.entity import SITE, Entity
from gateway.changes.position import LogPosition
from gateway.graphql.execution.answer import Answer


class Reads(Protocol):
    """What an operation has read; ``gateway.loaders.reads.OperationReads`` tells it."""

    position: LogPosition | None
    entities: set[Entity]
    cacheable: bool
    fresh_seconds: float | None


class Basis(NamedTuple):
    """An answer holds as long as none of these entities has changed since the position.

    Memberships depend on their groups, and groups are among the entities whenever permissions in
    them were asked for. What has no entities depends on the site, which every change changes.
    Without entities nothing was read. Without a position nobody can tell. Beside, it depends on
    the day, on who the viewer is, and on other services, whose answers are fresh for
    ``fresh_seconds`` more; None if none was asked.
    """

    entities: AbstractSet[Entity]
    position: LogPosition | None
    fresh_seconds: float | None = None

    @classmethod
    def of(cls, reads: Reads, *, is_complete: bool) -> Self:
        """The basis of an answer that was made from these reads.

        Nobody can tell how long an answer holds that is not ``is_complete``: something could not
        be read.
        """
        if not is_complete:
            return cls(frozenset((SITE,)), None, reads.fresh_seconds)
        entities = frozenset(reads.entities if reads.cacheable else {*reads.entities, SITE})
        return cls(entities, reads.position, reads.fresh_seconds)


class Evaluation(NamedTuple):
    """What an operation came to; ``is_personal`` if nobody else will be given the same answer."""

    answer: Answer
    basis: Basis
    is_personal: bool = False
