"""Configured databases: those that the settings name."""

from __future__ import annotations

import os
import socket
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NamedTuple
from zlib import crc32

from gateway.db.database import Database
from gateway.db.instants import Clock, system_clock
from gateway.db.opening import open_database, open_replicated
from gateway.settings import Settings


class ServedDatabases(NamedTuple):
    """The database twice: what answers are read with, and live answers that are made again.

    Both read from the same server. ``checks``, while entered, look which one that should be.
    """

    database: Database
    live: Database
    checks: AbstractAsyncContextManager[object]


def configured_database(settings: Settings, clock: Clock = system_clock) -> Database:
    """The primary alone, not connected yet; SettingsError if its URL cannot be used."""
    return open_database(
        settings.database_url,
        connections=settings.database_connections,
        timeout_seconds=settings.database_timeout_seconds,
        clock=clock,
    )


def configured_databases(settings: Settings, clock: Clock = system_clock) -> ServedDatabases:
    """The databases of a server process; SettingsError for a URL that cannot be used."""
    timeout = settings.database_timeout_seconds
    connections = (settings.database_connections, settings.live_connections)
    if not settings.standby_urls:
        database, live = (
            open_database(
                settings.database_url, connections=each, timeout_seconds=timeout, clock=clock
            )
            for each in connections
        )
        return ServedDatabases(database, live, nullcontext())
    return ServedDatabases(
        *open_replicated(
            settings.database_url,
            _preferred(settings.standby_urls),
            lag_limit=settings.read_lag_seconds,
            connections=connections,
            timeout_seconds=timeout,
            clock=clock,
        )
    )


def _preferred(urls: tuple[str, ...]) -> tuple[str, ...]:
    """The standbys in this process's order: workers with successive ids prefer different ones."""
    first = (crc32(socket.gethostname().encode()) + os.getpid()) % len(urls)
    return (*urls[first:], *urls[:first])
