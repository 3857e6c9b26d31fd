"""A negative cache: ids that Panoptes was asked for and does not have; in memory alone."""

from __future__ import annotations

from collections import OrderedDict

from gateway.directory.panoptes.answers import Place

#: A resource and the place in it that was asked for.
Absence = tuple[str, Place]
#: About 20 MB when full.
MOST = 100_000


class Absences:
    """When Panoptes last said that there is nothing; the oldest make room."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._asked_at: OrderedDict[Absence, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked_at)

    def note(self, absence: Absence, asked_at: int) -> None:
        """Remember what was asked for at that instant (microseconds) and is not there."""
        self._asked_at[absence] = max(asked_at, self._asked_at.pop(absence, 0))
        if len(self._asked_at) > self._most:
            self._asked_at.popitem(last=False)

    def forget(self, absence: Absence) -> None:
        """It is there after all."""
        self._asked_at.pop(absence, None)

    def asked_at(self, absence: Absence, now: int) -> int:
        """When it was last not there; 0 if that is not known. No clock tells of the future."""
        asked_at = self._asked_at.get(absence, 0)
        return asked_at if asked_at <= now else 0
