"""Common parts of commands: opening the database, running coroutines, and errors for people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from gateway.db import Database
from gateway.db.configuration import configured_database
from gateway.db.faults import DatabaseFault
from gateway.db.migrate import Upgrade
from gateway.db.url import SqliteUrl, read_database_url
from gateway.errors import GatewayError, SettingsError, Unavailable, UnreadableFile
from gateway.reasons import reason_of
from gateway.settings import PREFIX, Settings, load_settings

T = TypeVar("T")

#: A recount reads the whole ledger, however long that takes.
_TIMEOUT_SECONDS = 7 * 86_400.0

database_option = click.option(
    "--database-url",
    metavar="URL",
    help=f"sqlite:///file.db or postgresql://user:password@host/name.  [env: {PREFIX}DATABASE_URL]",
)


class CommandFailed(click.ClickException):
    """Error: the command failed; prints ``Error: …`` on stderr, exit status 1."""


class CommandMisused(CommandFailed):
    """Error: an argument, setting or file cannot be used; exit status 2, as for usage errors."""

    exit_code = 2


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Turn the gateway's own errors into one line and an exit status, without a traceback."""
    try:
        yield
    except (SettingsError, UnreadableFile) as error:
        raise CommandMisused(error.message) from error
    except DatabaseFault as error:
        raise CommandFailed(error.for_operators) from error
    except GatewayError as error:
        raise CommandFailed(error.message) from error


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine and return its result."""
    with errors_for_people():
        return asyncio.run(work)


@asynccontextmanager
async def opened(settings: Settings, *, may_make: bool = False) -> AsyncIterator[Database]:
    """Open the database of the settings, upgrade its tables, and close it at the end.

    A missing SQLite file is created, and reported, only with ``may_make``: without it the path is
    mistyped, and a SettingsError.
    """
    async with upgraded(settings, may_make=may_make) as (database, _):
        yield database


@asynccontextmanager
async def opened_with_retry(
    database_url: str | None, *, may_make: bool = False
) -> AsyncIterator[Database]:
    """Open the database with a timeout for a recount; a lock is still reported early."""
    async with opened(load_settings(database_url=database_url), may_make=may_make):
        pass
    settings = load_settings(database_url=database_url, database_timeout_seconds=_TIMEOUT_SECONDS)
    async with opened(settings) as database:
        yield database


@asynccontextmanager
async def upgraded(
    settings: Settings, *, may_make: bool
) -> AsyncIterator[tuple[Database, Upgrade]]:
    """Open the database as :func:`opened`; yields also what the upgrade did to the tables."""
    database = configured_database(settings)
    missing = missing_file(settings.database_url)
    if missing and not may_make:
        raise SettingsError(
            f"There is no database at {missing}: check the path, or create one with "
            "stats-gateway import or stats-gateway db upgrade."
        )
    async with database:
        try:
            done = await database.migrate()
        except DBAPIError as error:
            raise Unavailable(
                f"The database {database.faults.redacted} cannot be upgraded to this version's "
                f"tables: {reason_of(error)}."
            ) from error
        if missing:
            click.echo(f"Created a new database at {missing}.", err=True)
        yield database, done


def missing_file(url: str) -> Path | None:
    """Path of a SQLite database that is missing or empty; else None."""
    read = read_database_url(url)
    if not isinstance(read, SqliteUrl):
        return None
    path = Path(read.path)
    try:
        return None if path.stat().st_size else path
    except OSError:
        return path
