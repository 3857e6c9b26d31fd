"""A negative cache: requested ids that Panoptes does not have; in memory alone."""

from __future__ import annotations

from gateway.bounded_cache import BoundedCache
from gateway.directory.panoptes.answers import RecordKey

#: A resource and the requested record key.
Absence = tuple[str, RecordKey]
#: In memory, of all of them and of one.
_BYTES = 20_000_000
_ENTRY_BYTES = 200


class Absences:
    """When requested records were last absent; the least recently used are evicted."""

    def __init__(self) -> None:
        self._requested_at: BoundedCache[Absence, int] = BoundedCache(_BYTES)

    def __len__(self) -> int:
        return len(self._requested_at)

    def add(self, absence: Absence, requested_at: int) -> None:
        """Record that it was absent when it was requested at that instant (microseconds)."""
        known = self._requested_at.get(absence) or 0
        self._requested_at.put(absence, max(requested_at, known), _ENTRY_BYTES)

    def remove(self, absence: Absence) -> None:
        """Delete the entry of a record that exists after all."""
        self._requested_at.drop(absence)

    def requested_at(self, absence: Absence, now: int) -> int:
        """When it was last requested and absent (microseconds); 0 if unknown or after ``now``."""
        requested_at = self._requested_at.get(absence) or 0
        return requested_at if requested_at <= now else 0
