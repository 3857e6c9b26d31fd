"""Open a database by its URL: SQLite or PostgreSQL."""

from __future__ import annotations

from gateway.db.database import Database
from gateway.db.instants import Clock, system_clock
from gateway.db.sqlite import SqliteDatabase
from gateway.db.url import SqliteUrl, read_database_url
from gateway.errors import SettingsError


def open_database(
    url: str,
    *,
    connections: int = 4,
    timeout_seconds: float = 30,
    clock: Clock = system_clock,
) -> Database:
    """Open the database that ``sqlite:///file.db`` or ``postgresql://…`` names.

    ``connections`` is how many answers are read at once; ``timeout_seconds`` how long a
    statement may run and a writer may wait for its turn; ``clock`` tells when it writes.
    """
    named = read_database_url(url)
    if isinstance(named, SqliteUrl):
        return SqliteDatabase(named.path, connections, timeout_seconds, clock)
    try:
        # Only whoever has PostgreSQL has its two packages.
        from gateway.db.postgres import PostgresDatabase
    except ImportError:
        raise SettingsError(
            "PostgreSQL needs two more packages: run pip install asyncpg greenlet."
        ) from None
    return PostgresDatabase(named, connections, timeout_seconds, clock)
