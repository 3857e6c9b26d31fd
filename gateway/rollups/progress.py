"""How far ingestion has come: the time of the latest event that was ever stored."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.db.tables import ingestion
from gateway.db.upsert import replace_rows


def note_last_event(connection: Connection, event_time: int) -> None:
    """Remember an instant (microseconds) if it is later than what is known.

    Kept apart from the ledger, which has no index by time. A replacement that moves the latest
    event to an earlier time does not turn it back.
    """
    known = connection.execute(select(ingestion.c.last_event_at)).scalar()
    if known is None or event_time > known:
        replace_rows(connection, ingestion, [(0, event_time)])
