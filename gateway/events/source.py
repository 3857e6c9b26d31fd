"""What can be imported: an iterator of batches over a file, and how far it has come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from datetime import datetime

from gateway.events.bounds import MOST_GROUPS
from gateway.events.event import Batch
from gateway.events.forms import Form

#: Events in one batch, which is one transaction: enough to share its cost, few enough to hold.
BATCH_SIZE = 10_000
#: A batch also ends when its events list so many groups together: their rows are written as well.
MOST_GROUPS_AT_ONCE = 500_000


class Source(ABC):
    """One file or pipe of events, recognised already; reading it takes bounded memory."""

    def __init__(self, form: Form, name: str) -> None:
        self.form = form
        #: What messages call it.
        self.name = name

    @property
    @abstractmethod
    def total_bytes(self) -> int | None:
        """Its size as it is stored, compressed or not; None if unknown."""

    @property
    @abstractmethod
    def bytes_read(self) -> int:
        """How far reading has come, by the same measure."""

    @property
    def remarks(self) -> list[str]:
        """What whoever imports it should know after it was read, a sentence each."""
        return []

    @abstractmethod
    def batches(
        self, now: datetime, size: int = BATCH_SIZE, most_groups: int = MOST_GROUPS
    ) -> Generator[Batch, None, None]:
        """Read it from the start, once, ``size`` events at a time.

        ``now``, which must carry a zone, bounds which times are believed, ``most_groups`` how many
        groups an event may list. Events that cannot be
        counted are the batches' rejects; UnreadableFile where the file turns out to be damaged,
        after all that stands before the damage was given.
        """
