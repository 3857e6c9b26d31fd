"""``stats-gateway db``: the database's tables."""

from __future__ import annotations

import click

from gateway.cli.running import database_option, run, upgraded
from gateway.db.migrate import Upgrade
from gateway.settings import Settings, load_settings


@click.group()
def db() -> None:
    """The database's tables."""


@db.command("upgrade")
@database_option
def upgrade_tables(database_url: str | None) -> None:
    """Create the tables, or bring them to this version's shape.

    Every command that uses the database brings its tables up to date by itself; this one does
    nothing else, and tells what it did. All of it is done, or nothing.
    """
    before, after = run(_upgrade(load_settings(database_url=database_url)))
    if before is None:
        click.echo(f"Created the tables, at migration {after}.")
    elif before == after:
        click.echo(f"Nothing to do: the tables are at migration {after}.")
    else:
        click.echo(f"Brought the tables from migration {before} to {after}.")


async def _upgrade(settings: Settings) -> Upgrade:
    async with upgraded(settings, may_make=True) as (_, done):
        return done
