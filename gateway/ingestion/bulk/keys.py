"""Keys and indexes in a bulk load: dropped before the rows are stored, created after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, text

_SQLITE_INDEXES = text(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    " AND tbl_name IN :tables ORDER BY name"
).bindparams(bindparam("tables", expanding=True))
_POSTGRES_KEYS = text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'p' AND conrelid IN"
    " (SELECT to_regclass(name) FROM unnest(string_to_array(:tables, ',')) AS name)"
    " ORDER BY 1"
)
_POSTGRES_INDEXES = text(
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
    " WHERE NOT indisprimary AND indrelid IN"
    " (SELECT to_regclass(name) FROM unnest(string_to_array(:tables, ',')) AS name)"
    " ORDER BY 1"
)
#: PostgreSQL's ``maintenance_work_mem`` while it creates an index.
_SORTING_MEMORY = "256MB"
#: SQLite uses as much again to sort. Rows that come in order need little.
_SQLITE_CACHE_KIB = 65_536


@contextmanager
def without_keys(
    connection: Connection, tables: Sequence[str], report: Callable[[str], None]
) -> Iterator[None]:
    """Drop indexes of tables and create them at the end; in one transaction.

    SQLite's primary keys stay: its tables are stored in them, and rows that come in the order of
    the key cost no more. ``report`` is called for each index that is created.
    """
    if connection.dialect.name == "sqlite":
        made = _without_sqlite_indexes(connection, tables)
    else:
        made = _without_postgres_keys(connection, tables)
    yield
    for name, statement in made:
        report(f"Making {name}")
        connection.exec_driver_sql(statement)


def _without_sqlite_indexes(connection: Connection, tables: Sequence[str]) -> list[tuple[str, str]]:
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")
    found = connection.execute(_SQLITE_INDEXES, {"tables": [*tables]}).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [(name, statement) for name, statement in found]


def _without_postgres_keys(connection: Connection, tables: Sequence[str]) -> list[tuple[str, str]]:
    names = {"tables": ",".join(tables)}
    connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{_SORTING_MEMORY}'")
    keys = connection.execute(_POSTGRES_KEYS, names).all()
    indexes = connection.execute(_POSTGRES_INDEXES, names).all()
    for index, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index}")
    for table, name, _ in keys:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    made = [
        (name, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {key}') for table, name, key in keys
    ]
    return made + [(index, statement) for index, statement in indexes]
