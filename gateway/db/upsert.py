"""Upsert: write many rows with one statement; replace a row with the same key, or add to it.

Rows are tuples in the order of the table's columns. PostgreSQL takes each column as one array
and unnests them, which costs a fraction of a statement a row; SQLite's driver loops in C. Rows
whose keys are known to be new are copied into PostgreSQL, at half the cost of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Executable,
    Select,
    Table,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db.arrays import array_parameter
from gateway.db.postgres_copy import copy_rows

Rows = Sequence[tuple[Any, ...]]
_Insert = TypeVar("_Insert", postgresql.Insert, sqlite.Insert)

#: Rows of one PostgreSQL statement: bounds the arrays in memory on both ends.
_CHUNK = 20_000
#: SQLite appends the rows of one statement one after the other, without a search for each key:
#: that halves the time of rows that come alone. Old versions take so many values at most.
_VALUES_A_STATEMENT = 999
#: From so many rows on new ones go a way of their own: a COPY takes two more ways to the server,
#: and telling them apart takes time as well.
_MANY = 1_000


def replace_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows; one with the same key is overwritten."""
    _write(connection, table, rows, add=False)


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows whose keys are known not to be there."""
    if connection.dialect.name == "sqlite":
        _insert_together(connection, table, rows)
    elif len(rows) >= _MANY:
        copy_rows(connection, table, rows)
    else:
        _write(connection, table, rows, add=False)


def add_rows(
    connection: Connection, table: Table, rows: Rows, new: Set[tuple[Any, ...]] = frozenset()
) -> None:
    """Insert rows; where the key exists, every other column grows by the row's value.

    ``new`` are keys that are known not to be there.
    """
    if len(new) >= _MANY:
        width = len(table.primary_key)
        insert_rows(connection, table, [row for row in rows if row[:width] in new])
        rows = [row for row in rows if row[:width] not in new]
    _write(connection, table, rows, add=True)


def delete_empty(connection: Connection, table: Table, keys: Rows) -> None:
    """Delete the rows of these keys that count nothing; exact distinct counts depend on it."""
    _delete(connection, table, keys, empty=True)


def delete_rows(connection: Connection, table: Table, keys: Rows) -> None:
    """Delete the rows of these keys."""
    _delete(connection, table, keys, empty=False)


def _delete(connection: Connection, table: Table, keys: Rows, *, empty: bool) -> None:
    names = tuple(column.name for column in table.primary_key)
    if connection.dialect.name == "postgresql":
        statement = _delete_unnested(table, empty)
        for chunk in _chunks(keys):
            connection.execute(statement, dict(zip(names, zip(*chunk, strict=True), strict=True)))
    elif keys:
        conditions = [f"{name} = ?" for name in names]
        conditions += [f"{name} = 0" for name in _others(table) if empty]
        connection.exec_driver_sql(
            f"DELETE FROM {table.name} WHERE {' AND '.join(conditions)}",  # noqa: S608 (names of ours)
            keys,
        )


def _write(connection: Connection, table: Table, rows: Rows, *, add: bool) -> None:
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = _insert_unnested(table, add)
        names = [column.name for column in table.columns]
        for chunk in _chunks(rows):
            connection.execute(statement, dict(zip(names, zip(*chunk, strict=True), strict=True)))
    else:
        connection.exec_driver_sql(_insert_text(table, add, connection.dialect), rows)


def _insert_together(connection: Connection, table: Table, rows: Rows) -> None:
    width = len(table.columns)
    many = _VALUES_A_STATEMENT // width
    together = len(rows) - len(rows) % many
    if together:
        starts = range(0, together, many)
        values = [(*chain.from_iterable(rows[start : start + many]),) for start in starts]
        connection.exec_driver_sql(_plain_insert(table, many), values)
    if together < len(rows):
        connection.exec_driver_sql(_plain_insert(table, 1), list(rows[together:]))


@lru_cache(maxsize=128)
def _plain_insert(table: Table, rows: int) -> str:
    names = ", ".join(column.name for column in table.columns)
    row = f"({', '.join('?' for _ in table.columns)})"
    return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([row] * rows)}"  # noqa: S608 (ours)


def _chunks(rows: Rows) -> Iterator[Rows]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk


def _on_conflict(statement: _Insert, table: Table, *, add: bool) -> _Insert:
    """The insert with its ON CONFLICT clause, for a row whose key exists."""
    changes = {
        name: table.c[name] + statement.excluded[name] if add else statement.excluded[name]
        for name in _others(table)
    }
    if not changes:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)


def _unnested(table: Table, names: Sequence[str]) -> Select[Any]:
    return select(
        *(func.unnest(array_parameter(name, table.c[name].type)).label(name) for name in names)
    )


@lru_cache(maxsize=128)
def _insert_unnested(table: Table, add: bool) -> Executable:  # noqa: FBT001 (a cache key)
    names = [column.name for column in table.columns]
    statement = postgresql.insert(table).from_select(names, _unnested(table, names))
    return _on_conflict(statement, table, add=add)


@lru_cache(maxsize=128)
def _insert_text(table: Table, add: bool, dialect: Dialect) -> str:  # noqa: FBT001 (a cache key)
    return str(_on_conflict(sqlite.insert(table), table, add=add).compile(dialect=dialect))


@lru_cache(maxsize=128)
def _delete_unnested(table: Table, empty: bool) -> Delete:  # noqa: FBT001 (a cache key)
    names = [column.name for column in table.primary_key]
    keys = _unnested(table, names).subquery()
    return delete(table).where(
        *(table.c[name] == keys.c[name] for name in names),
        *(table.c[name] == 0 for name in _others(table) if empty),
    )


def _others(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]
