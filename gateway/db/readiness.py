"""Readiness of a database: it answers, and this version can use its tables."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import Select, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from gateway.db.bulk_tables import HALF_LOADED, SENTENCE
from gateway.db.compiled import Rows
from gateway.db.database import Database
from gateway.db.faults import DatabaseFault
from gateway.db.schema_version import migrations, schema_version
from gateway.errors import Unavailable

_TABLE = table("alembic_version", column("version_num"), column("expanded"))
_VERSION: Select[Any] = select(_TABLE)
#: What every version has had.
_OF_OLD: Select[Any] = select(_TABLE.c.version_num)


def newest_migration() -> str:
    """The migration that this version's code was written for."""
    return migrations().newest


async def check_ready(database: Database) -> None:
    """Return if the database can answer; Unavailable, saying why, if it cannot."""
    rows = await _read(database, _VERSION)
    if rows is None and await _read(database, _OF_OLD) is None:
        raise Unavailable("The database does not answer.")
    found = [schema_version(*row) for row in rows or ()]
    if len(found) != 1 or not found[0].can_be_used():
        raise Unavailable("The database's tables belong to another version of stats-gateway.")
    # Tables of an earlier version, which can be used, have no such mark.
    if await _read(database, HALF_LOADED):
        raise Unavailable(SENTENCE)


async def _read(database: Database, statement: Select[Any]) -> Rows | None:
    try:
        async with database.read() as snapshot:
            return await snapshot.fetch(statement)
    except (Unavailable, SQLAlchemyError):
        return None


async def prepare_tables(database: Database) -> None:
    """Bring the tables to this version's shape; errors as for ``Database.migrate``.

    While the primary is away they may be of that shape already where answers are read.
    """
    try:
        await database.migrate()
    except DatabaseFault:
        if database.read_servers is None:
            raise
        with suppress(Unavailable):
            await check_ready(database)
            return
        raise


async def check_writable(database: Database) -> None:
    """Return if the database takes writes; Unavailable, with the fault's code, if it does not."""
    try:
        await database.check_writable()
    except DatabaseFault as error:
        raise Unavailable(f"The database cannot be written ({error.fault.code}).") from error
