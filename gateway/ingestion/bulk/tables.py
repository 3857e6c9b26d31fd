"""Rows between DuckDB and the database: COPY for PostgreSQL, inserts in order for SQLite."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, Table, select

_ROWS_AT_ONCE = 20_000


def put_rows(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    folder: Path,
    check: Callable[[], None],
) -> int:
    """Put the rows of a SELECT into an empty table, its columns in their order; returns how many.

    ``folder`` is for a file in between. ``check`` is called now and then; what it raises ends the
    work.
    """
    if connection.dialect.name == "sqlite":
        return _insert(connection, duck, table, rows, check)
    return _copy(connection, duck, table, rows, folder)


def read_table(
    connection: Connection, duck: duckdb.DuckDBPyConnection, table: Table, folder: Path
) -> None:
    """Make a table of numbers in DuckDB what it is in the database."""
    file = folder / "read.csv"
    with file.open("w", newline="", encoding="ascii") as lines:
        found = connection.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE})
        csv.writer(lines).writerows(found)
    columns = ", ".join(f"'{column.name}': 'BIGINT'" for column in table.columns)
    duck.execute(
        f"CREATE OR REPLACE TABLE {table.name} AS SELECT * FROM read_csv($file,"
        f" columns = {{{columns}}}, header = false, nullstr = '', auto_detect = false)",
        {"file": str(file)},
    )
    file.unlink()


def _insert(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    check: Callable[[], None],
) -> int:
    names = [column.name for column in table.columns]
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})"
    )
    put = 0
    with duck.cursor() as cursor:
        cursor.execute(rows)
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            check()
            connection.exec_driver_sql(statement, found)
            put += len(found)
    return put


def _copy(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    folder: Path,
) -> int:
    file = folder / f"{table.name}.csv"
    ((put,),) = duck.execute(
        f"COPY ({rows}) TO '{_escaped(file)}' (FORMAT csv, HEADER false, NULLSTR '')"
    ).fetchall()
    names = [column.name for column in table.columns]

    async def copy(driver: Any) -> None:
        await driver.copy_to_table(table.name, source=str(file), columns=names, format="csv")

    # SQLAlchemy has no COPY: its driver's connection, in the same transaction.
    dbapi: Any = connection.connection.dbapi_connection
    dbapi.run_async(copy)
    file.unlink()
    return int(put)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
