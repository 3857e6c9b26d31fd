"""What is believed of an event, whatever it says."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gateway.events.instants import latest_instant

#: The default of ``STATS_GATEWAY_GROUPS_PER_EVENT``.
MOST_GROUPS = 1_000


class Bounds(NamedTuple):
    """The last time and the longest list of groups."""

    #: The last ``created_at`` that is believed, in microseconds.
    latest: int
    #: An event that lists more groups counts to none.
    groups: int = MOST_GROUPS


def bounds_at(now: datetime, groups: int = MOST_GROUPS) -> Bounds:
    """The bounds of what arrives at ``now``, which must carry a zone."""
    return Bounds(latest_instant(now), groups)
