"""``stats-gateway db``: the database's tables, and a copy of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.cli.running import (
    CommandFailed,
    CommandMisused,
    database_option,
    missing_file,
    run,
    upgraded,
)
from gateway.db.faults import READING, Faults
from gateway.db.migrate import Upgrade
from gateway.db.sqlite_backup import Copied, back_up
from gateway.db.url import SqliteUrl, read_database_url
from gateway.errors import SettingsError
from gateway.reasons import reason_of
from gateway.settings import Settings, load_settings


@click.group()
def db() -> None:
    """Create and upgrade the database's tables, and copy a SQLite database."""


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


@db.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@database_option
def backup(file: Path, database_url: str | None) -> None:
    """Copy a SQLite database to FILE, as it is at one moment.

    Servers and imports may go on meanwhile. FILE must not exist: nothing is overwritten. If the
    command is stopped or fails, it leaves no file. The copy is a database: name it by
    --database-url to use it, or put it in the place of a lost one while no gateway runs.

    Tables are not upgraded. PostgreSQL has pg_dump and pg_basebackup for this.
    """
    url = load_settings(database_url=database_url).database_url
    named = read_database_url(url)
    if not isinstance(named, SqliteUrl):
        raise CommandMisused(
            "Only SQLite databases are copied by this command: use pg_dump for a database of "
            "PostgreSQL, or pg_basebackup for a whole server."
        )
    if (missing := missing_file(url)) is not None:
        raise SettingsError(f"There is no database at {missing}: check the path.")
    try:
        with _progress() as copied:
            size = back_up(named.path, file, copied)
    except FileExistsError as error:
        raise CommandFailed(f"{error} exists, and nothing is overwritten: name another.") from error
    except sqlite3.Error as error:
        if (fault := Faults(named.redacted).record(READING, error)) is not None:
            raise fault from error
        raise CommandFailed(f"{file} cannot be written ({reason_of(error)}).") from error
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written ({reason_of(error)}).") from error
    click.echo(f"Copied {named.path} to {file} ({size:,} bytes).")


@contextmanager
def _progress() -> Iterator[Copied]:
    """Progress bar on a terminal, else nothing; yields the callback for copied pages."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("Copying"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, all_: bar.update(task, completed=done, total=all_)
