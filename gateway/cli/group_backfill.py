"""``stats-gateway groups backfill``: count earlier classifications of members to a group."""

from __future__ import annotations

import time

import click
from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.cli.named_user import UserName, named_users
from gateway.cli.running import database_option, opened, run
from gateway.cli.whole_number import WholeNumber
from gateway.directory.backfill_members import backfill_members
from gateway.events.ids import LARGEST_ID
from gateway.groups.history import ChangeKind, note_changes
from gateway.settings import Settings, load_settings


@click.command()
@click.option(
    "--group",
    "group_id",
    metavar="ID",
    type=WholeNumber(1, LARGEST_ID),
    required=True,
    help="Id of the group.",
)
@click.option(
    "--user",
    "users",
    metavar="ID|LOGIN",
    type=UserName(),
    multiple=True,
    help="Id or login of a member; repeat the option for several members. Default: all active "
    "members.",
)
@database_option
def backfill(group_id: int, users: tuple[int | str, ...], database_url: str | None) -> None:
    """Count earlier classifications of members to their group.

    Running it again counts nothing twice.
    """
    settings = load_settings(database_url=database_url)
    counted = run(_backfill(settings, group_id, users, time.time_ns() // 1000))
    click.echo(f"{counted:,} classifications added to group {group_id}.")


async def _backfill(
    settings: Settings, group_id: int, users: tuple[int | str, ...], until_us: int
) -> int:
    def work(connection: Connection) -> int:
        user_ids = named_users(connection, users)
        counted = backfill_members(connection, group_id, user_ids, until_us)
        if counted:
            subjects = sorted(set(user_ids)) or (None,)
            note_changes(connection, group_id, ChangeKind.BACKFILLED, None, subjects)
            log_change(connection, user_group_record=[group_id])
        return counted

    async with opened(settings) as database:
        return await database.write(work)
