"""Schema version: the migration of the tables, and which versions of the code can use them.

A migration that only expands (new tables, new columns that may be null) can be lived with by
the version before: its module says so by ``oldest_version``, the newest migration that the
oldest such version knows. Then ``alembic_version.version_num`` stays at this migration, since
every version asks for its own there, and ``expanded`` tells how far the tables really are.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, select, table, text, update

_TABLE = "alembic_version"
_VERSION = table(_TABLE, column("version_num"), column("expanded"))
_ADD_COLUMN = text("ALTER TABLE alembic_version ADD COLUMN expanded VARCHAR(64)")
_SEPARATOR = ">"


class Migrations(NamedTuple):
    """The migrations that this version knows, oldest first."""

    known: tuple[str, ...]
    #: The newest migration of the oldest version that can live with all of them.
    oldest_version: str

    @property
    def newest(self) -> str:
        """The migration that this version's code was written for."""
        return self.known[-1]


class SchemaVersion(NamedTuple):
    """The schema version that a database stores."""

    #: Where they are.
    migration: str
    #: The newest migration of the oldest version that can live with them.
    oldest_version: str

    def can_be_used(self) -> bool:
        """Whether this version can use the tables: they are its own, or newer and compatible."""
        known = migrations().known
        if self.migration in known:
            return self.migration == migrations().newest
        return self.oldest_version in known


@cache
def migrations() -> Migrations:
    """What ships with the package."""
    scripts = ScriptDirectory(str(files("gateway.db") / "migrations"))
    chain = [*scripts.walk_revisions()][::-1]
    known = tuple(script.revision for script in chain)
    # A version that cannot use one migration cannot use those that follow.
    oldest = max(
        known.index(getattr(script.module, "oldest_version", script.revision)) for script in chain
    )
    return Migrations(known, known[oldest])


def schema_version(version_num: str, expanded: str | None) -> SchemaVersion:
    """Read a row of ``alembic_version``; what an older version has written since wins."""
    oldest, _, migration = (expanded or "").partition(_SEPARATOR)
    if not migration or oldest != version_num:
        return SchemaVersion(version_num, version_num)
    return SchemaVersion(migration, oldest)


def read_schema_version(connection: Connection) -> SchemaVersion | None:
    """The schema version of the tables; None before there are any."""
    if not inspect(connection).has_table(_TABLE):
        return None
    columns = [_VERSION.c.version_num]
    if _has_expanded(connection):
        columns.append(_VERSION.c.expanded)
    row = connection.execute(select(*columns)).first()
    return None if row is None else schema_version(row[0], row[1] if len(row) > 1 else None)


def write_schema_version(connection: Connection, found: SchemaVersion) -> None:
    """Write the migration of the tables; ``alembic_version`` exists."""
    if not _has_expanded(connection):
        connection.execute(_ADD_COLUMN)
    expanded = None
    if found.migration != found.oldest_version:
        expanded = f"{found.oldest_version}{_SEPARATOR}{found.migration}"
    connection.execute(update(_VERSION).values(version_num=found.oldest_version, expanded=expanded))


def _has_expanded(connection: Connection) -> bool:
    return any(one["name"] == "expanded" for one in inspect(connection).get_columns(_TABLE))
