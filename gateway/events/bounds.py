"""Bounds of an event: its latest time, and the most groups that it may list."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gateway.events.instants import latest_instant

#: The default of ``STATS_GATEWAY_GROUPS_PER_EVENT``.
MOST_GROUPS = 1_000


class Bounds(NamedTuple):
    """Bounds: the latest time and the longest list of groups."""

    #: The latest ``created_at`` that is accepted, in microseconds.
    latest: int
    #: An event that lists more groups counts to none.
    groups: int = MOST_GROUPS


def bounds_at(now: datetime, groups: int = MOST_GROUPS) -> Bounds:
    """Bounds of events that arrive at ``now``, which must have a time zone."""
    return Bounds(latest_instant(now), groups)
