"""Copy rows between DuckDB and the database: COPY for PostgreSQL, inserts in order for SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, Select, Table, Text

from gateway.db.postgres_copy import copy_file, copy_out
from gateway.db.upsert import insert_rows
from gateway.ingestion.bulk.lines import NULL, joined_lines, lines_of, quoted

#: Few enough for the processor's cache: with 20,000 DuckDB takes a third more time for each.
_ROWS_AT_ONCE = 2_000


def put_rows(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    folder: Path,
    check: Callable[[], None],
) -> int:
    """Copy the rows of DuckDB's SELECT to an empty table, columns in order; returns how many.

    ``folder`` is for a temporary file. ``check`` is called now and then; what it raises ends the
    work.
    """
    if connection.dialect.name == "sqlite":
        return _insert(connection, duck, table, rows, check)
    return _copy(connection, duck, table, rows, folder)


def read_table(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: Select[Any],
    folder: Path,
    check: Callable[[], None],
) -> None:
    """Copy the rows of a Select in the database to a new table of DuckDB."""
    file = folder / "read.csv"
    write_rows(connection, rows, file, check)
    duck.execute(f"CREATE OR REPLACE TABLE {table.name} AS SELECT * FROM {rows_in(file, table)}")
    file.unlink()


def write_rows(
    connection: Connection, rows: Select[Any], file: Path, check: Callable[[], None]
) -> None:
    """Write the rows of a Select, of numbers and lists of groups, to a file for :func:`rows_in`."""
    compiled = rows.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    if connection.dialect.name == "sqlite":
        columns = ", ".join(rows.selected_columns.keys())
        _write_lines(connection, f"SELECT json_array({columns}) FROM ({compiled})", file, check)
    else:
        copy_out(connection, str(compiled), file, NULL)


def rows_in(file: Path, table: Table) -> str:
    """SQL of the rows of a file, for DuckDB's FROM."""
    kinds = {
        column.name: "VARCHAR" if isinstance(column.type, Text) else "BIGINT"
        for column in table.columns
    }
    return lines_of(file, kinds)


def _insert(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    check: Callable[[], None],
) -> int:
    put = 0
    with duck.cursor() as cursor:
        cursor.execute(rows)
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            check()
            insert_rows(connection, table, found)
            put += len(found)
    return put


def _write_lines(connection: Connection, rows: str, file: Path, check: Callable[[], None]) -> None:
    """Write the rows of a SELECT of JSON texts: faster from SQLite than many numbers."""
    driver: Any = connection.connection.driver_connection
    cursor = driver.execute(rows)
    with file.open("wb") as lines:
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            check()
            lines.write(joined_lines([text for (text,) in found]))


def _copy(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    folder: Path,
) -> int:
    file = folder / f"{table.name}.csv"
    ((put,),) = duck.execute(
        f"COPY ({rows}) TO {quoted(file)} (FORMAT csv, HEADER false, NULLSTR '')"
    ).fetchall()
    copy_file(connection, table, file)
    file.unlink()
    return int(put)
