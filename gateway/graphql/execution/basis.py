"""Basis: what an answer depends on, and the state of the database that it was read in."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from gateway.changes.entity import Entity
from gateway.changes.position import LogPosition


class Basis(NamedTuple):
    """An answer holds as long as none of these entities has changed since the position.

    Memberships depend on their groups, and groups are among the entities whenever permissions in
    them were asked for. Without a position, or if the answer is not ``cacheable`` (another service
    was asked, or something has no entity), nobody can tell. Beside, it depends on the day and on
    who the viewer is.
    """

    entities: AbstractSet[Entity]
    position: LogPosition | None
    cacheable: bool
