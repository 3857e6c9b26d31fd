"""``stats-gateway db``: the database's tables."""

from __future__ import annotations

import click

from gateway.cli.running import database_option, run, upgraded
from gateway.db.migrate import Upgrade
from gateway.settings import Settings, load_settings


@click.group()
def db() -> None:
    """Create and upgrade the database's tables."""


@db.command("upgrade")
@database_option
def upgrade_tables(database_url: str | None) -> None:
    """Create the tables, or upgrade them to this version.

    Every command that uses the database upgrades its tables by itself; this one does nothing
    else, and reports what it did. Either the whole upgrade is done, or nothing.
    """
    before, after = run(_upgrade(load_settings(database_url=database_url)))
    if before is None:
        click.echo(f"Created the tables, at migration {after}.")
    elif before == after:
        click.echo(f"Nothing to do: the tables are at migration {after}.")
    else:
        click.echo(f"Upgraded the tables from migration {before} to {after}.")


async def _upgrade(settings: Settings) -> Upgrade:
    async with upgraded(settings, may_make=True) as (_, done):
        return done
