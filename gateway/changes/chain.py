"""Chain of log rows: the newest rows of one history, and which entities changed in which."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.changes.entity import SITE, Entity
from gateway.changes.log import decode_entities
from gateway.changes.position import LogPosition

#: Rows and changes of entities that are remembered; older rows leave the chain.
MOST_ROWS = 10_000
MOST_CHANGES = 100_000

_ROW_BYTES = 400
_CHANGE_BYTES = 300


class Chain:
    """Rows without a gap. What was read at a row holds at another unless a row between says not."""

    def __init__(self, most_rows: int = MOST_ROWS, most_changes: int = MOST_CHANGES) -> None:
        self.newest: LogPosition | None = None
        self._most_rows = most_rows
        self._most_changes = most_changes
        self._marks: dict[int, int] = {}
        self._rows: deque[tuple[int, Sequence[Entity]]] = deque()
        self._changes = 0
        #: The version of each entity's last change, as far as a row of the chain made it.
        self._changed: dict[Entity, int] = {}
        #: The last row that changed everything.
        self._floor = 0

    def __contains__(self, position: LogPosition) -> bool:
        return self._marks.get(position.version) == position.mark

    @property
    def size(self) -> int:
        """The bytes in memory, by estimate."""
        return _ROW_BYTES * len(self._rows) + _CHANGE_BYTES * self._changes

    def holds(
        self, entities: Iterable[Entity], read_at: LogPosition, at: LogPosition | None = None
    ) -> bool:
        """Whether what was read of these at ``read_at`` is the same at ``at``, or at the newest."""
        at = self.newest if at is None else at
        if at is None or at not in self or read_at not in self:
            return False
        if at == read_at:
            return True
        # Of a change that lies behind both nobody knows whether there was another between them.
        earlier = min(read_at.version, at.version)
        if earlier < self._floor:
            return False
        changed = self._changed
        return all(changed.get(entity, 0) <= earlier for entity in entities)

    def restart(self, rows: Sequence[Any]) -> None:
        """Forget all rows, and begin with the first, which is the newest; with none if none."""
        self.newest = None
        self._marks.clear()
        self._rows.clear()
        self._changed.clear()
        self._changes = self._floor = 0
        if rows:
            version, mark, _ = rows[0]
            self._append(version, mark, ())

    def extend(self, rows: Sequence[Any]) -> bool:
        """Add rows, newest first, of which the last is the newest that is known.

        False, and nothing is added, if it is not: then they are of another history, or too many.
        """
        if self.newest is None or not rows or tuple(rows[-1][:2]) != self.newest:
            return False
        versions = [row[0] for row in rows]
        if versions != list(range(versions[0], versions[-1] - 1, -1)):
            return False
        decoded = [(version, mark, decode_entities(text)) for version, mark, text in rows[:-1]]
        for version, mark, entities in reversed(decoded):
            if entities is None:
                self._floor = version
            self._append(version, mark, entities or ())
        return True

    def _append(self, version: int, mark: int, entities: Sequence[Entity]) -> None:
        self.newest = LogPosition(version, mark)
        self._marks[version] = mark
        self._rows.append((version, entities))
        self._changes += len(entities)
        self._changed.update(dict.fromkeys(entities, version))
        self._changed[SITE] = version
        while len(self._rows) > 1 and (
            len(self._rows) > self._most_rows or self._changes > self._most_changes
        ):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        version, entities = self._rows.popleft()
        del self._marks[version]
        self._changes -= len(entities)
        for entity in entities:
            if self._changed.get(entity) == version:
                del self._changed[entity]
