"""Future events: their time is after the clock of the writer that stored them.

A change of spans or tenures holds from now on, so of all stored events it can concern only these.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol

from sqlalchemy import BigInteger, Connection, bindparam, delete, select, tuple_

from gateway.db.group_tables import future_event
from gateway.db.upsert import delete_rows, replace_rows
from gateway.events.event import Classification
from gateway.rollups.progress import Progress

_time_of = attrgetter("event_time")

#: Rows that one transaction drops, at most.
_DROPPED = 10_000
_KEY = (future_event.c.event_time, future_event.c.classification_id)
_DROP = delete(future_event).where(
    tuple_(*_KEY).in_(
        select(*_KEY)
        .where(future_event.c.event_time <= bindparam("now", type_=BigInteger))
        .order_by(*_KEY)
        .limit(_DROPPED)
    )
)


class ChangedEvents(Protocol):
    """Classifications as they were stored before, and as they are after."""

    @property
    def before(self) -> Sequence[Classification]: ...
    @property
    def after(self) -> Sequence[Classification]: ...


def note_future_events(connection: Connection, changed: ChangedEvents, progress: Progress) -> None:
    """Store which of the changed events lie in the future; delete some whose time has passed."""
    now = progress.stored_at
    delete_rows(connection, future_event, _later(changed.before, now))
    replace_rows(connection, future_event, _later(changed.after, now))
    if progress.next_event_at is not None and progress.next_event_at <= now:
        connection.execute(_DROP, {"now": now})


def _later(events: Sequence[Classification], now: int) -> list[tuple[int, int]]:
    if max(map(_time_of, events), default=now) <= now:
        return []
    return [(event.event_time, event.id) for event in events if event.event_time > now]
