"""Migrate a database to the newest version, inside a transaction that is already under way."""

from __future__ import annotations

from typing import NamedTuple

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from gateway.db.schema_version import (
    SchemaVersion,
    migrations,
    read_schema_version,
    write_schema_version,
)
from gateway.errors import Unavailable


class Upgrade(NamedTuple):
    """The migrations that the tables were at and are at; None before there were any tables."""

    before: str | None
    after: str | None


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for the migrations that ship with the package."""
    config = Config()
    config.set_main_option("script_location", "gateway.db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> Upgrade:
    """Run the migrations that are missing; nothing happens when there are none.

    Nothing happens either if the tables are of a newer version and this one can live with them.
    Unavailable if it cannot.
    """
    known, oldest_version = migrations()
    found = read_schema_version(connection)
    if found is not None and found.migration not in known:
        if not found.can_be_used():
            raise Unavailable(
                f"The database's tables are at migration {found.migration}, which this version "
                "does not know: install a newer stats-gateway."
            )
        return Upgrade(found.migration, found.migration)
    newest = SchemaVersion(known[-1], oldest_version)
    if found != newest:
        if found is not None:
            # Alembic goes on from where the tables are, whoever can live with them.
            write_schema_version(connection, SchemaVersion(found.migration, found.migration))
        command.upgrade(configuration(connection), "head")
        write_schema_version(connection, newest)
    return Upgrade(None if found is None else found.migration, newest.migration)
