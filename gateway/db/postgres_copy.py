"""COPY: bulk transfer of rows into and out of PostgreSQL, in the transaction under way.

SQLAlchemy has no COPY, so its driver's own connection does it. What the driver raises becomes what
SQLAlchemy raises for a statement: whoever writes knows those errors, and what to try again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

_Copy = Callable[[Any], Awaitable[object]]


def copy_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows in the order of the table's columns; an existing key is an error."""
    names = _names(table)
    _run(
        connection,
        f"COPY {table.name} FROM STDIN",
        lambda driver: driver.copy_records_to_table(table.name, records=rows, columns=names),
    )


def copy_file(connection: Connection, table: Table, file: Path) -> None:
    """Insert the rows of a CSV file without a header, in the order of the table's columns."""
    names = _names(table)
    _run(
        connection,
        f"COPY {table.name} FROM STDIN",
        lambda driver: driver.copy_to_table(
            table.name, source=str(file), columns=names, format="csv"
        ),
    )


def copy_out(connection: Connection, select: str, file: Path, null: str) -> None:
    """Write the rows of a SELECT to a CSV file without a header."""
    _run(
        connection,
        f"COPY ({select}) TO STDOUT",
        lambda driver: driver.copy_from_query(select, output=str(file), format="csv", null=null),
    )


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _run(connection: Connection, statement: str, copy: _Copy) -> None:
    # The transaction begins with the first statement that SQLAlchemy itself sends.
    connection.exec_driver_sql("SELECT 1")

    async def run(driver: Any) -> None:
        try:
            await copy(driver)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DBAPIError(
                statement,
                None,
                error,
                hide_parameters=True,
                connection_invalidated=driver.is_closed(),
            ) from error

    dbapi: Any = connection.connection.dbapi_connection
    try:
        dbapi.run_async(run)
    except DBAPIError as error:
        if error.connection_invalidated:
            connection.invalidate(error)
        raise
