"""Basis: the entities that an answer depends on, and the log position that it was read at."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol, Self

from gateway.changes.entity import SITE, Entity
from gateway.changes.position import LogPosition
from gateway.graphql.execution.answer import Answer


class Reads(Protocol):
    """Reads of an operation; ``gateway.loaders.reads.OperationReads`` is one."""

    position: LogPosition | None
    entities: set[Entity]
    cacheable: bool
    fresh_seconds: float | None


class Basis(NamedTuple):
    """An answer holds as long as none of these entities has changed since the position.

    Memberships depend on their groups, and groups are among the entities whenever permissions in
    them were read. Data without an entity depend on the site, which every change changes.
    Without entities nothing was read. Without a position validity is unknown. It also depends on
    the day, on who the viewer is, and on other services, whose answers are fresh for
    ``fresh_seconds`` more; None if none was called.
    """

    entities: AbstractSet[Entity]
    position: LogPosition | None
    fresh_seconds: float | None = None

    @classmethod
    def of(cls, reads: Reads, *, is_complete: bool) -> Self:
        """The basis of an answer that was made from these reads.

        Of an answer that is not ``is_complete``, validity is unknown: something could not be read.
        """
        if not is_complete:
            return cls(frozenset((SITE,)), None, reads.fresh_seconds)
        entities = frozenset(reads.entities if reads.cacheable else {*reads.entities, SITE})
        return cls(entities, reads.position, reads.fresh_seconds)


class Evaluation(NamedTuple):
    """Answer of an operation with its basis; ``is_personal`` if no other viewer may share it."""

    answer: Answer
    basis: Basis
    is_personal: bool = False
