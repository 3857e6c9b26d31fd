"""Chain of log rows: the newest rows of one history, and the last change of each entity."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.changes.entity import SITE, Entity
from gateway.changes.log import decode_entities
from gateway.changes.position import LogPosition

#: Rows and entities in memory: at least so many rows, and at most twice as many.
ROWS = 50_000
ENTITIES = 50_000

_ROW_BYTES = 8
_ENTITY_BYTES = 300


class Chain:
    """Contiguous log rows. A read at one is valid at another if no row between changes it."""

    def __init__(self, rows: int = ROWS, entities: int = ENTITIES) -> None:
        self.newest: LogPosition | None = None
        self._most_rows = rows
        self._most_entities = entities
        #: The marks of the rows from this version on.
        self._first = 0
        self._marks = array("q")
        #: The version of the last change of each entity that changed since the floor, oldest first.
        self._changed: OrderedDict[Entity, int] = OrderedDict()
        #: What was read before this version does not hold.
        self._floor = 0

    def __contains__(self, position: LogPosition) -> bool:
        index = position.version - self._first
        return 0 <= index < len(self._marks) and self._marks[index] == position.mark

    def denies(self, position: LogPosition) -> bool:
        """Whether the chain has another row of this version: the position is of another history."""
        index = position.version - self._first
        return 0 <= index < len(self._marks) and self._marks[index] != position.mark

    @property
    def size(self) -> int:
        """Estimated bytes in memory."""
        return _ROW_BYTES * len(self._marks) + _ENTITY_BYTES * len(self._changed)

    def holds(
        self, entities: Iterable[Entity], read_at: LogPosition, at: LogPosition | None = None
    ) -> bool:
        """Whether a read of these entities at ``read_at`` is valid at ``at``, or at the newest."""
        at = self.newest if at is None else at
        if at is None or at not in self or read_at not in self:
            return False
        if at == read_at:
            return True
        # Only the last change of an entity is known: if that is later than both, there may have
        # been another one between them.
        earlier = min(read_at.version, at.version)
        if earlier < self._floor:
            return False
        changed = self._changed
        return all(changed.get(entity, 0) <= earlier for entity in entities)

    def changed_since(self, position: LogPosition) -> set[Entity] | None:
        """The entities that changed between a position and the newest; None if not known."""
        if position not in self or position.version < self._floor:
            return None
        found: set[Entity] = set()
        for entity, version in reversed(self._changed.items()):
            if version <= position.version:
                break
            found.add(entity)
        return found

    def restart(self, rows: Sequence[Any]) -> None:
        """Discard all rows, and begin with the newest, which is the first; with none if none."""
        self.newest = None
        self._marks = array("q")
        self._changed.clear()
        if rows:
            version, mark, _ = rows[0]
            self._first = self._floor = version
            self._append(version, mark, ())

    def extend(self, rows: Sequence[Any]) -> bool:
        """Add rows, newest first, of which the last is known: those that are newer than all.

        Others may be known as well: servers that replicate the same rows are read at once. False,
        and nothing is added, if they are of another history, or too many.
        """
        # Mostly nothing is new, and each request answered from caches comes here.
        if len(rows) == 1 and self.newest == tuple(rows[0][:2]):
            return True
        if self.newest is None or not rows or LogPosition(*rows[-1][:2]) not in self:
            return False
        versions = [row[0] for row in rows]
        if versions != list(range(versions[0], versions[-1] - 1, -1)):
            return False
        newest = self.newest.version
        if any(LogPosition(*row[:2]) not in self for row in rows if row[0] <= newest):
            return False
        new = [row for row in rows if row[0] > newest]
        decoded = [(version, mark, decode_entities(text)) for version, mark, text in new]
        for version, mark, entities in reversed(decoded):
            self._append(version, mark, entities)
        return True

    def _append(self, version: int, mark: int, entities: Sequence[Entity] | None) -> None:
        self.newest = LogPosition(version, mark)
        self._marks.append(mark)
        if len(self._marks) > 2 * self._most_rows:
            del self._marks[: self._most_rows]
            self._first += self._most_rows
        if entities is None:
            self._changed.clear()
            self._floor = version
        changed = self._changed
        for entity in (*(entities or ()), SITE):
            changed[entity] = version
            changed.move_to_end(entity)
        while len(changed) > self._most_entities:
            _, self._floor = changed.popitem(last=False)
