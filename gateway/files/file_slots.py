"""File slots: limit how many files are made and read at once, so that spools fit on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import Unavailable
from gateway.files.refusals import TooManyFiles

#: Of one viewer.
FILES_OF_VIEWER = 2


class FileSlots:
    """Slots for at most ``number`` files at once in this process."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._taken: Counter[str] = Counter()

    @contextmanager
    def slot(self, spender: str) -> Iterator[None]:
        """Take a slot for one file of a ``spender``; else TooManyFiles or Unavailable."""
        if self._taken[spender] >= FILES_OF_VIEWER:
            raise TooManyFiles(
                f"You are reading {FILES_OF_VIEWER} files already: wait until one of them ends.",
                FILES_OF_VIEWER,
                1,
            )
        if self._taken.total() >= self._number:
            raise Unavailable("Too many files are being read at the moment: try again shortly.")
        self._taken[spender] += 1
        try:
            yield
        finally:
            self._taken[spender] -= 1
            if not self._taken[spender]:
                del self._taken[spender]
