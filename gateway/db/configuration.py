"""The database that the settings name."""

from __future__ import annotations

from gateway.db.database import Database
from gateway.db.instants import Clock, system_clock
from gateway.db.opening import open_database
from gateway.settings import Settings


def configured_database(
    settings: Settings, clock: Clock = system_clock, connections: int | None = None
) -> Database:
    """The database, not connected yet; SettingsError if its URL cannot be used.

    ``connections`` in place of as many as the settings give to requests.
    """
    return open_database(
        settings.database_url,
        connections=settings.database_connections if connections is None else connections,
        timeout_seconds=settings.database_timeout_seconds,
        clock=clock,
    )
