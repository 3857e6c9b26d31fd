"""Ingestion progress: the time of the latest event, and the latest clock of a writer."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gateway.db.group_tables import future_event
from gateway.db.instants import written_at
from gateway.db.tables import ingestion
from gateway.db.upsert import replace_rows
from gateway.rollups.half_loaded import check_not_half_loaded

_PROGRESS = select(
    ingestion.c.last_event_at,
    ingestion.c.stored_at,
    select(func.min(future_event.c.event_time)).scalar_subquery(),
)


class Progress(NamedTuple):
    """Instants in microseconds."""

    #: The latest clock of all that stored events, this transaction's included.
    stored_at: int
    #: The earliest of the events that were noted as of the future; None if there are none.
    next_event_at: int | None


def note_last_event(connection: Connection, event_time: int) -> Progress:
    """Store an instant (microseconds) if it is later than the stored one.

    Kept apart from the ledger, which has no index by time. A replacement that moves the latest
    event to an earlier time does not turn it back. Unavailable during a bulk load.
    """
    known = connection.execute(_PROGRESS).first()
    if known is None:
        # Before the first events, and so during a bulk load.
        check_not_half_loaded(connection)
    last, stored_at, next_event_at = known or (event_time, 0, None)
    now = max(stored_at, written_at(connection))
    replace_rows(connection, ingestion, [(0, max(last, event_time), now)])
    return Progress(now, next_event_at)
