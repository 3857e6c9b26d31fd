"""Protocols of counters that metrics read from other parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class CacheCounts(NamedTuple):
    """Counters of a cache; hits and misses only grow."""

    hits: int
    misses: int
    entries: int


class PoolUse(Protocol):
    """Connections that answers are read with: those in use, and the most there can be."""

    @property
    def in_use(self) -> int: ...

    @property
    def size(self) -> int: ...


class ServerUse(Protocol):
    """A database server that may be read from."""

    redacted: str
    role: str
    lag_seconds: float
    answers: bool


class ServersUse(Protocol):
    """The database servers that may be read from, and the one that is."""

    current: int
    moves: int

    @property
    def servers(self) -> Sequence[ServerUse]: ...


class ChangeCounts(Protocol):
    """Reads of the change log, by what came of them; they only grow."""

    continued: int
    restarted: int
    failed: int


class LiveCounts(Protocol):
    """Counters of live answers; some are current numbers, the others only grow."""

    ticks: int
    #: How long ticks took.
    tick_seconds: float
    changed: int
    unchanged: int
    failed: int

    @property
    def streams(self) -> int: ...

    @property
    def operations(self) -> int: ...

    @property
    def sent(self) -> int: ...

    @property
    def superseded(self) -> int: ...


class IngestionCounts(Protocol):
    """Sums over the batches of events that were taken in; they only grow."""

    batches: int
    stored: int
    unchanged: int
    replaced: int
    rejected: int
    ignored: int

    @property
    def left_out(self) -> Mapping[str, int]: ...
