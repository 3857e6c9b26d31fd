"""Bring a database to the newest migration, inside a transaction that is already under way."""

from __future__ import annotations

from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

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

    Unavailable if the tables are of a version that this one does not know.
    """
    config = configuration(connection)
    scripts = ScriptDirectory.from_config(config)
    before = MigrationContext.configure(connection).get_current_revision()
    if before is not None and before not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise Unavailable(
            f"The database's tables are at migration {before}, which this version does not "
            "know: install a newer stats-gateway."
        )
    command.upgrade(config, "head")
    return Upgrade(before, scripts.get_current_head())
