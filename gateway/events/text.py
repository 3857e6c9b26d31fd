"""Text source: base of the readers of CSV and of newline-delimited JSON."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from typing import Generic, TypeVar

from gateway.errors import UnreadableFile
from gateway.events.bounds import MOST_GROUPS, Bounds, bounds_at
from gateway.events.event import Batch
from gateway.events.forms import Form
from gateway.events.line_decoder import LineDecoder, has_utf8_beyond_ascii
from gateway.events.lines import Lines
from gateway.events.source import (
    BATCH_SIZE,
    FILE_BATCH_BYTES,
    FILE_BATCH_SIZE,
    MOST_GROUPS_AT_ONCE,
    ConsecutiveRejects,
    Source,
)

T = TypeVar("T")


class TextSource(Source, Generic[T]):
    """Source of a text with one item ``T`` an event; ``start`` opens it.

    A reject's position is the number of the item's first line, from 1.
    """

    def __init__(
        self, form: Form, name: str, start: Callable[[], Lines], total_bytes: int | None
    ) -> None:
        super().__init__(form, name)
        self._start = start
        self._total_bytes = total_bytes
        self._lines: Lines | None = None
        self._bytes_read = 0
        self._encoding: str | None = None
        self._decoder = LineDecoder(self._has_utf8)

    @property
    def total_bytes(self) -> int | None:
        """The size of the file; None for a pipe."""
        return self._total_bytes

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file."""
        return self._bytes_read if self._lines is None else self._lines.bytes_read

    @property
    def remarks(self) -> list[str]:
        """Remarks on the encoding, unless it was UTF-8 alone."""
        remarks = [f"the text was read as {self._encoding}."] if self._encoding else []
        return [f"{self.name}: {remark}" for remark in (*remarks, *self._decoder.remarks())]

    def batches(
        self, now: datetime, size: int | None = None, most_groups: int = MOST_GROUPS
    ) -> Generator[Batch, None, None]:
        """The events in their order."""
        bounds = bounds_at(now, most_groups)
        lines = self._lines = self._start()
        if size is None:
            size = BATCH_SIZE if self._total_bytes is None else FILE_BATCH_SIZE
        batch, items, groups, begins = Batch(), 0, 0, 0
        refused = ConsecutiveRejects(self.name, "line")
        try:
            for position, item in self._items(lines):
                known = len(batch.classifications)
                self._add(batch, position, item, bounds)
                items += 1
                if len(batch.classifications) > known:
                    groups += len(batch.classifications[-1].group_ids)
                is_long = items >= BATCH_SIZE and lines.text_bytes - begins >= FILE_BATCH_BYTES
                if items == size or is_long or groups >= MOST_GROUPS_AT_ONCE:
                    yield batch
                    rejects, rows = len(batch.rejects), items
                    batch, items, groups, begins = Batch(), 0, 0, lines.text_bytes
                    refused.add(rejects, rows, position)
        except UnreadableFile:
            if items:
                yield batch
            raise
        finally:
            self._bytes_read, self._lines = lines.bytes_read, None
            self._encoding = lines.encoding
            lines.close()
        if items:
            yield batch

    @abstractmethod
    def _items(self, lines: Lines) -> Iterator[tuple[int, T]]:
        """The items and their positions."""

    @abstractmethod
    def _add(self, batch: Batch, position: int, item: T, bounds: Bounds) -> None:
        """Parse one item and add it to the batch, or a reject with the reason."""

    def _has_utf8(self) -> bool:
        """Whether a line of the text is UTF-8 beyond ASCII, as far as that can be known."""
        reading = self._lines
        if reading is not None and reading.has_old_line_ends:
            # Not from Windows: bytes that are not UTF-8 are likelier in the old Mac's own encoding.
            return True
        other = self._start()
        if other is reading:
            return False
        with closing(other):
            return has_utf8_beyond_ascii(iter(other))
