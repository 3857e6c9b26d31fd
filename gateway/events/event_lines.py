"""NDJSON: stream events in a text, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.events.bounds import Bounds
from gateway.events.event import Batch, Reject
from gateway.events.header import UTF8_MARK
from gateway.events.json_text import decode
from gateway.events.lines import LONGEST_LINE, MOST_BLANK_LINES, Lines, endlessly_blank
from gateway.events.stream import add_event
from gateway.events.text import TextSource
from gateway.reasons import reason_of


class EventLines(TextSource[bytes]):
    """Source of newline-delimited JSON; blank lines are skipped."""

    def _items(self, lines: Lines) -> Iterator[tuple[int, bytes]]:
        given = 0
        for position, line in enumerate(lines, 1):
            # The mark may follow blank lines, or begin any line of concatenated files.
            text = line.removeprefix(UTF8_MARK)
            if text and not text.isspace():
                given = position
                yield position, text
            elif position - given > MOST_BLANK_LINES:
                raise endlessly_blank(self.name, position)

    def _add(self, batch: Batch, position: int, item: bytes, bounds: Bounds) -> None:
        if len(item) > LONGEST_LINE:
            reason = f"The line is longer than {LONGEST_LINE:,} bytes."
            batch.rejects.append(Reject(position, None, reason))
            return
        try:
            event = decode(item if item.isascii() else self._decoder.decode(item))
        except ValueError as error:
            batch.rejects.append(
                Reject(position, None, f"The line is not JSON: {reason_of(error)}.")
            )
            return
        add_event(batch, event, bounds, position)
