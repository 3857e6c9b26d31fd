"""A negative cache: ids that Panoptes was asked for and does not have; in memory alone."""

from __future__ import annotations

from gateway.bounded_cache import BoundedCache
from gateway.directory.panoptes.answers import Place

#: A resource and the place in it that was asked for.
Absence = tuple[str, Place]
#: In memory, of all of them and of one.
_BYTES = 20_000_000
_ENTRY_BYTES = 200


class Absences:
    """When Panoptes last said that there is nothing; those unused for longest make room."""

    def __init__(self) -> None:
        self._asked_at: BoundedCache[Absence, int] = BoundedCache(_BYTES)

    def __len__(self) -> int:
        return len(self._asked_at)

    def note(self, absence: Absence, asked_at: int) -> None:
        """Remember what was asked for at that instant (microseconds) and is not there."""
        known = self._asked_at.get(absence) or 0
        self._asked_at.put(absence, max(asked_at, known), _ENTRY_BYTES)

    def forget(self, absence: Absence) -> None:
        """It is there after all."""
        self._asked_at.drop(absence)

    def asked_at(self, absence: Absence, now: int) -> int:
        """When it was last not there; 0 if that is not known. No clock tells of the future."""
        asked_at = self._asked_at.get(absence) or 0
        return asked_at if asked_at <= now else 0
