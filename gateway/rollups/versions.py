"""Data versions: what tells a reader that nothing it knows of an entity has changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db.tables import data_version
from gateway.db.upsert import replace_rows


def touch(connection: Connection, **ids: Iterable[int]) -> int:
    """Give the site and the named entities the next version, and return it.

    Keywords are kinds: ``user``, ``user_group``, ``project`` and ``workflow`` for what is counted
    of them, ``user_record`` and so on for what the directory says. To be called in the writing
    transaction, under the writer lock: versions then follow the order of commits.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(data_version).values(kind="site", entity_id=0, version=1)
    version: int = connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(data_version.primary_key),
            set_={"version": data_version.c.version + 1},
        ).returning(data_version.c.version)
    ).scalar_one()
    rows = [
        (kind, entity_id, version) for kind in sorted(ids) for entity_id in sorted(set(ids[kind]))
    ]
    replace_rows(connection, data_version, rows)
    return version
