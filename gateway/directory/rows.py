"""Directory rows: writes only new or different ones, and returns those.

The index of names follows whatever is written or deleted here. Callers hold the writer lock, so
what was read stays true until it is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, select

from gateway.db.ids import among
from gateway.db.upsert import replace_rows
from gateway.directory.name_index import update_index

#: Column name to value, whose type is the column's.
Row = dict[str, Any]
#: The values of the primary key, in its order: all of them are ids.
Key = tuple[int, ...]


class Change(NamedTuple):
    """A row that was written; ``before`` is None for a new one."""

    before: Row | None
    after: Row


def read_rows(connection: Connection, table: Table, ids: Collection[int]) -> dict[Key, Row]:
    """The rows whose first key column is one of ``ids``, by their primary key.

    The columns of the key come first in every table of the directory.
    """
    statement = select(table).where(among(table.primary_key.columns[0], "ids"))
    names, width = table.c.keys(), len(table.primary_key.columns)
    return {
        tuple(row[:width]): dict(zip(names, row, strict=True))
        for row in connection.execute(statement, {"ids": ids})
    }


def write_rows(
    connection: Connection, table: Table, known: Mapping[Key, Row], wanted: Iterable[Row]
) -> list[Change]:
    """Insert or update the ``wanted`` full rows that differ from the ``known`` ones.

    Each primary key may be wanted once.
    """
    columns = table.c.keys()
    keys = columns[: len(table.primary_key.columns)]
    changes = []
    for row in wanted:
        before = known.get(tuple(row[name] for name in keys))
        if before != row:
            changes.append(Change(before, row))
    replace_rows(connection, table, [tuple(row[name] for name in columns) for _, row in changes])
    update_index(connection, table, changes)
    return changes


def remove_rows(connection: Connection, table: Table, ids: Collection[int]) -> None:
    """Delete the rows whose first key column is one of ``ids``."""
    known = read_rows(connection, table, ids)
    connection.execute(
        delete(table).where(among(table.primary_key.columns[0], "ids")), {"ids": ids}
    )
    update_index(connection, table, [(row, None) for row in known.values()])


def ids_in(changes: Iterable[Change], column: str) -> set[int]:
    """The ids that ``column`` held before or holds after the changes."""
    values = {row[column] for change in changes for row in change if row is not None}
    return values - {None}


def key_of(table: Table, row: Row) -> Key:
    """The values of the row's primary key, in its order."""
    return tuple(row[column.name] for column in table.primary_key.columns)
