"""Open a database by its URL: SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.db.database import Database
from gateway.db.instants import Clock, system_clock
from gateway.db.read_servers import ReadServers
from gateway.db.server_checks import ServerChecks
from gateway.db.sqlite import SqliteDatabase
from gateway.db.url import PostgresUrl, SqliteUrl, read_database_url
from gateway.errors import SettingsError

if TYPE_CHECKING:
    from gateway.db.postgres import PostgresDatabase


def open_database(
    url: str,
    *,
    connections: int = 4,
    timeout_seconds: float = 30,
    clock: Clock = system_clock,
) -> Database:
    """Open the database that ``sqlite:///file.db`` or ``postgresql://…`` names.

    ``connections`` is how many answers are read at once; ``timeout_seconds`` how long a
    statement may run and a writer may wait for the lock; ``clock`` tells when it writes.
    """
    named = read_database_url(url)
    if isinstance(named, SqliteUrl):
        return SqliteDatabase(named.path, connections, timeout_seconds, clock)
    return _postgres()(named, connections, timeout_seconds, clock)


def open_replicated(
    url: str,
    standbys: Sequence[str],
    *,
    lag_limit: float,
    connections: tuple[int, int],
    timeout_seconds: float,
    clock: Clock,
) -> tuple[Database, Database, ServerChecks]:
    """Open one database twice, with so many connections each, that reads from standbys as well.

    Both read from the same server: the first of these that answers and lags by no more than so
    many seconds, or the primary. The checks of that are made while they are entered.
    """
    primary = _server("STATS_GATEWAY_DATABASE_URL", url)
    others = [_server("STATS_GATEWAY_READ_DATABASE_URLS", one) for one in standbys]
    make = _postgres()
    servers = ReadServers([one.redacted for one in others], primary.redacted, lag_limit)
    one, other = (
        make(primary, each, timeout_seconds, clock, others, servers) for each in connections
    )
    return one, other, one.checks(other)


def _server(setting: str, url: str) -> PostgresUrl:
    named = read_database_url(url)
    if isinstance(named, SqliteUrl):
        raise SettingsError(
            f"{setting} names {named.redacted}: only PostgreSQL databases have standbys."
        )
    return named


def _postgres() -> type[PostgresDatabase]:
    try:
        # Its two packages are optional.
        from gateway.db.postgres import PostgresDatabase
    except ImportError:
        raise SettingsError(
            "PostgreSQL needs two more packages: run pip install asyncpg greenlet."
        ) from None
    return PostgresDatabase
