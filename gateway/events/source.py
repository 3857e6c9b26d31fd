"""Source of events: a file or pipe to import, read in batches, with progress in bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from datetime import datetime

from gateway.errors import UnreadableFile
from gateway.events.bounds import MOST_GROUPS
from gateway.events.event import Batch
from gateway.events.forms import Form

#: Events in one batch, which is one transaction: enough to share its cost, few enough to hold.
BATCH_SIZE = 10_000
#: Of a file, unless its text has so many bytes. A pipe may be slow, and its events are to count
#: soon.
FILE_BATCH_SIZE = 50_000
FILE_BATCH_BYTES = 64 * 1024 * 1024
#: A batch also ends when its events list so many groups together: their rows are written as well.
MOST_GROUPS_AT_ONCE = 500_000

#: More rejects in a row are an error: a small file may unpack to billions of rows, and each would
#: be a line in the report of rejects.
MOST_REFUSED = 1_000_000


class ConsecutiveRejects:
    """Counter of consecutive rejected rows; ``unit`` names what positions count, such as lines."""

    def __init__(self, name: str, unit: str) -> None:
        self._name = name
        self._unit = unit
        self._refused = 0

    def add(self, rejects: int, rows: int, position: int) -> None:
        """Add a batch that ends at ``position``; UnreadableFile above the limit."""
        self._refused = self._refused + rows if rejects == rows else 0
        if self._refused >= MOST_REFUSED:
            raise UnreadableFile(
                f"{self._name} is damaged: the last {self._refused:,} rows up to {self._unit} "
                f"{position:,} cannot be counted, so reading stopped there."
            )


class Source(ABC):
    """One file or pipe of events, recognised already; reading it takes bounded memory."""

    def __init__(self, form: Form, name: str) -> None:
        self.form = form
        #: Its name in messages.
        self.name = name

    @property
    @abstractmethod
    def total_bytes(self) -> int | None:
        """Its size as it is stored, compressed or not; None if unknown."""

    @property
    @abstractmethod
    def bytes_read(self) -> int:
        """Bytes read of :attr:`total_bytes`."""

    @property
    def remarks(self) -> list[str]:
        """Remarks on the file for people, after it was read, a sentence each."""
        return []

    @abstractmethod
    def batches(
        self, now: datetime, size: int | None = None, most_groups: int = MOST_GROUPS
    ) -> Generator[Batch, None, None]:
        """Read it from the start, once, ``size`` events at a time; by default as many as suit it.

        ``now``, which must have a time zone, bounds the times of events, ``most_groups`` how many
        groups an event may list. Events that cannot be counted are the batches' rejects.
        UnreadableFile where the file is damaged, after all events before the damage.
        """
