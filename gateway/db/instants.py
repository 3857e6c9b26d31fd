"""Instants of writing transactions, in microseconds since 1970, as the tables store them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

#: Tells the current instant, with a time zone.
Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPTION = "written_at"


def system_clock() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


def instant_of(now: datetime) -> int:
    """Microseconds since the epoch."""
    return (now - _EPOCH) // timedelta(microseconds=1)


def begin_at(connection: Connection, clock: Clock) -> Connection:
    """The connection of a writing transaction that begins now."""
    return connection.execution_options(**{_OPTION: instant_of(clock())})


def written_at(connection: Connection) -> int:
    """When the transaction of ``Database.write`` began, by the database's clock."""
    instant: int = connection.get_execution_options()[_OPTION]
    return instant
