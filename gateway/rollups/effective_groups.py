"""Which groups an event counts to: its own, and those its user was backfilled to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from gateway.db.ids import among
from gateway.db.tables import backfill
from gateway.events.event import Classification

#: User id to (group, until when) of each backfill; the instants are microseconds, inclusive.
Backfills = Mapping[int, Sequence[tuple[int, int]]]

_OF_USERS = select(backfill.c.user_id, backfill.c.group_id, backfill.c.until).where(
    among(backfill.c.user_id, "users")
)


def read_backfills(connection: Connection, user_ids: Iterable[int]) -> Backfills:
    """The backfills of these users."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for user_id, group_id, until in connection.execute(_OF_USERS, {"users": sorted(user_ids)}):
        found[user_id].append((group_id, until))
    return dict(found)


def effective_groups(event: Classification, backfills: Backfills) -> frozenset[int]:
    """Each group once; an anonymous classification counts to none, and has none of its own."""
    if event.user_id is None:
        return frozenset()
    added = (
        group_id
        for group_id, until in backfills.get(event.user_id, ())
        if event.event_time <= until
    )
    return frozenset((*event.group_ids, *added))
