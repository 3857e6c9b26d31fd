"""Whether a database can answer: it is there, and its tables are of this version's shape."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Select, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from gateway.db.database import Database
from gateway.db.faults import DatabaseFault
from gateway.errors import Unavailable

_MIGRATION: Select[Any] = select(table("alembic_version", column("version_num")))


@cache
def newest_migration() -> str | None:
    """The migration that this version's code was written for."""
    return ScriptDirectory(str(files("gateway.db") / "migrations")).get_current_head()


async def check_ready(database: Database) -> None:
    """Return if the database can answer; Unavailable, saying why, if it cannot."""
    try:
        async with database.read() as snapshot:
            rows = await snapshot.fetch(_MIGRATION)
    except (Unavailable, SQLAlchemyError) as error:
        raise Unavailable("The database does not answer.") from error
    if [row.version_num for row in rows] != [newest_migration()]:
        raise Unavailable("The database's tables belong to another version of stats-gateway.")


async def check_writable(database: Database) -> None:
    """Return if the database takes writes; Unavailable, with the fault's code, if it does not."""
    try:
        await database.check_writable()
    except DatabaseFault as error:
        raise Unavailable(f"The database cannot be written ({error.fault.code}).") from error
