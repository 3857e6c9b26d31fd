"""How far ingestion has come: the time of the latest event, and the latest clock of a writer."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.db.instants import written_at
from gateway.db.tables import ingestion
from gateway.db.upsert import replace_rows

_PROGRESS = select(ingestion.c.last_event_at, ingestion.c.stored_at)


def note_last_event(connection: Connection, event_time: int) -> int:
    """Remember an instant (microseconds) if it is later than what is known.

    Kept apart from the ledger, which has no index by time. A replacement that moves the latest
    event to an earlier time does not turn it back. Returns the latest clock of all that stored
    events, this transaction's included.
    """
    known = connection.execute(_PROGRESS).first()
    last, stored_at = known or (event_time, 0)
    now = max(stored_at, written_at(connection))
    replace_rows(connection, ingestion, [(0, max(last, event_time), now)])
    return now
