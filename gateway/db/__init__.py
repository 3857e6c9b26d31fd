"""The database: tables, connections and migrations, on SQLite and on PostgreSQL."""

from gateway.db.database import Database, Snapshot
from gateway.db.opening import open_database

__all__ = ["Database", "Snapshot", "open_database"]
