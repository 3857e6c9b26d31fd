"""Half-loaded databases: none is read as whole, or written to, until its bulk load is complete."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from gateway.db.bulk_tables import HALF_LOADED, SENTENCE, bulk_load
from gateway.db.instants import written_at
from gateway.db.tables import classification, comment, ingestion
from gateway.db.upsert import replace_rows
from gateway.errors import Conflict, Unavailable


def check_not_half_loaded(connection: Connection) -> None:
    """Unavailable if a bulk load is under way or was broken off."""
    if connection.execute(HALF_LOADED).first() is not None:
        raise Unavailable(SENTENCE)


def begin_bulk_load(connection: Connection) -> None:
    """Mark the database as half loaded; Conflict if it has events.

    In a writing transaction. One that was broken off has left names alone, and is begun again.
    """
    check_without_events(connection)
    replace_rows(connection, bulk_load, [(0, written_at(connection))])


def check_without_events(connection: Connection) -> None:
    """Conflict if there are events."""
    for table in (classification, comment, ingestion):
        if connection.execute(select(table.c.id).limit(1)).first() is not None:
            raise Conflict(
                "The database has events already: a bulk load needs one without. Run the command "
                "again without --bulk."
            )


def end_bulk_load(connection: Connection) -> None:
    """Delete the mark, in the transaction that stores the events."""
    connection.execute(delete(bulk_load))
