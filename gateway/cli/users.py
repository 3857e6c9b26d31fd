"""``stats-gateway users``: erase volunteers."""

from __future__ import annotations

import click

from gateway.cli.running import database_option, opened, run
from gateway.cli.whole_number import WholeNumber
from gateway.directory.erase_user import erase_user
from gateway.events.ids import LARGEST_ID
from gateway.settings import Settings, load_settings

#: It reads the whole ledger, however long that takes.
_TIMEOUT_SECONDS = 86_400.0


@click.group()
def users() -> None:
    """Erase volunteers."""


@users.command("forget")
@click.argument("user_id", metavar="ID", type=WholeNumber(1, LARGEST_ID))
@database_option
def erase(user_id: int, database_url: str | None) -> None:
    """Erase the user with this ID. This cannot be undone.

    The user's events become anonymous and no longer count to any group. The name and the
    memberships are deleted, and histories of groups no longer name the user. Events that are sent
    again stay anonymous.
    """
    settings = load_settings(database_url=database_url, database_timeout_seconds=_TIMEOUT_SECONDS)
    erased = run(_erase(settings, user_id))
    click.echo(f"User {user_id} is erased: {erased:,} events are now anonymous.")


async def _erase(settings: Settings, user_id: int) -> int:
    async with opened(settings) as database:
        return await database.write(lambda connection: erase_user(connection, user_id))
