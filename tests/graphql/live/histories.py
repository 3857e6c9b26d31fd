"""Histories: what was true after each write, what was sent to each stream, and whether it may be.

Writes come one after the other, so each leaves one state. A frame has to be what a query would
have answered in one of these states.
"""

from __future__ import annotations

from collections.abc import Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import orjson

#: How many writes were done when whoever sends now began to look.
looked_after: ContextVar[int] = ContextVar("looked_after", default=0)
#: What a query is answered whose credentials are over.
OVER = b"over"


def canonical(answer: bytes) -> bytes:
    """An answer or a frame; the order of errors is nobody's."""
    found = orjson.loads(answer)
    if "data" not in found:
        return OVER
    data = found["data"]
    if data is not None and data.keys() == {"live"}:
        data = data["live"]
    errors = [
        {**error, "path": [part for part in error["path"] if part != "live"], "locations": None}
        for error in found.get("errors", ())
    ]
    errors.sort(key=lambda error: str(error["path"]))
    return orjson.dumps({"data": data, "errors": errors}, option=orjson.OPT_SORT_KEYS)


class Sent(NamedTuple):
    """A frame; the states from ``least`` to ``most`` were there while it was made."""

    frame: bytes
    least: int
    most: int


class Tick(NamedTuple):
    """How many writes were done before a tick, and begun at its end; the last frame sent by then.

    None if the stream was over.
    """

    least: int
    most: int
    last: bytes | None


@dataclass
class Followed:
    """All that happened to one stream of ``key``: who asks what."""

    key: Hashable
    sent: list[Sent] = field(default_factory=list)
    read: list[bytes] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    #: Whether it was read until nobody wrote any more.
    to_the_end: bool = False


class History:
    """The states before the first write and after each."""

    def __init__(self) -> None:
        self.states: list[dict[Hashable, bytes]] = []
        #: What was written; the first is how it began.
        self.writes = ["the beginning"]
        self.done = 0
        self.followed: list[Followed] = []
        #: After which write the credentials of who asks are over, although no commit says so.
        self.over: dict[Hashable, int] = {}

    @property
    def begun(self) -> int:
        """The writes that have begun."""
        return len(self.writes) - 1

    def begin(self, what: str) -> None:
        """Note that a write begins."""
        self.writes.append(what)

    def check(self) -> None:
        """AssertionError if anything was sent that may not be, or was not sent that must be."""
        for one in self.followed:
            self._check_order(one)
            self._check_ticks(one)
            for before, after in pairwise(one.read):
                assert canonical(before) != canonical(after), f"sent twice to {one.key}: {after!r}"
            if one.to_the_end and self.states[-1][one.key] != OVER and one.key not in self.over:
                assert canonical(one.read[-1]) == self.states[-1][one.key], (
                    f"the last frame of {one.key} is not the truth: {one.read[-1]!r}"
                )

    def _check_order(self, one: Followed) -> None:
        """No frame rests on an older state than the last, or than the look that led to it."""
        place = 0
        for sent in one.sent:
            self._check_credentials(one, sent.least)
            first = max(place, sent.least)
            found = self._find(one.key, sent.frame, first, sent.most)
            assert found is not None, (
                f"{one.key} was sent what was true {self._when(one.key, sent.frame)}, "
                f"not from {first} to {sent.most}: {sent.frame!r}\n"
                f"{self.states[first][one.key]!r}\n{list(enumerate(self.writes))}"
            )
            place = found

    def _check_ticks(self, one: Followed) -> None:
        """After a tick everybody has what was true since it began, or is over."""
        for least, most, last in one.ticks:
            if last is None:
                continue
            self._check_credentials(one, least)
            assert self._find(one.key, last, least, most) is not None, (
                f"{one.key} was not told what changed up to {least}, but what was true "
                f"{self._when(one.key, last)}: {last!r}\n"
                f"{self.states[least][one.key]!r}\n{list(enumerate(self.writes))}"
            )

    def _check_credentials(self, one: Followed, least: int) -> None:
        over = self.over.get(one.key)
        assert over is None or least < over, f"{one.key} goes on after {self.writes[over]}"

    def _find(self, key: Hashable, frame: bytes, first: int, last: int) -> int | None:
        said = canonical(frame)
        for place in range(first, min(last + 1, len(self.states))):
            if self.states[place][key] == said:
                return place
        return None

    def _when(self, key: Hashable, frame: bytes) -> list[int]:
        said = canonical(frame)
        return [place for place, state in enumerate(self.states) if state[key] == said]
