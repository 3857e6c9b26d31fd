"""What every command does around its work: settings, the database, and errors a person can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from gateway.db import Database, open_database
from gateway.db.migrate import Upgrade, upgrade
from gateway.db.outages import is_outage
from gateway.db.url import read_database_url
from gateway.errors import GatewayError, SettingsError, Unavailable, UnreadableFile
from gateway.settings import PREFIX, Settings

T = TypeVar("T")

database_option = click.option(
    "--database-url",
    metavar="URL",
    help=f"sqlite:///file.db or postgresql://user:password@host/name.  [env: {PREFIX}DATABASE_URL]",
)


class CommandFailed(click.ClickException):
    """The command could not do its work: ``Error: …`` on stderr, exit status 1."""


class CommandMisused(CommandFailed):
    """What was passed to the command cannot be used: exit status 2, as for usage errors."""

    exit_code = 2


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Turn an error raised on purpose into one line and an exit status instead of a traceback."""
    try:
        yield
    except (SettingsError, UnreadableFile) as error:
        raise CommandMisused(error.message) from error
    except GatewayError as error:
        raise CommandFailed(error.message) from error


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end and return what it returns."""
    with errors_for_people():
        return asyncio.run(work)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database that the settings name, brought to this version's tables, closed at the end."""
    async with upgraded(settings) as (database, _):
        yield database


@asynccontextmanager
async def upgraded(settings: Settings) -> AsyncIterator[tuple[Database, Upgrade]]:
    """The same, and what opening it did to the tables."""
    database = open_database(
        settings.database_url,
        connections=settings.database_connections,
        timeout_seconds=settings.database_timeout_seconds,
    )
    async with database:
        try:
            done = await database.write(upgrade)
        except Exception as error:
            if not (isinstance(error, DBAPIError) or is_outage(error)):
                raise
            reason = getattr(error, "orig", None) or error
            url = read_database_url(settings.database_url).shown
            raise Unavailable(f"The database {url} cannot be opened: {reason}.") from error
        yield database, done
