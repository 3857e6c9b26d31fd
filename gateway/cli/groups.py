"""``stats-gateway groups``: manage groups, for site operators.

Commands that change a group use the group service, as the API does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import orjson

from gateway.cli.acting import acting
from gateway.cli.group_backfill import backfill
from gateway.cli.group_goals import goals
from gateway.cli.named_user import UserName
from gateway.cli.running import database_option, opened, run
from gateway.cli.table import table_lines
from gateway.cli.whole_number import WholeNumber
from gateway.directory.memberships import GROUP_ADMIN
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import USER_GROUPS_BY_ID, is_ended
from gateway.errors import NotFound
from gateway.events.ids import LARGEST_ID
from gateway.groups.commands import (
    Command,
    CreateGroup,
    DeactivateGroup,
    Invite,
    Outcome,
    ReactivateGroup,
    SetRole,
    UpdateJoinLink,
)
from gateway.groups.life import GroupLife
from gateway.groups.reading import (
    ADMINS_OF_GROUP,
    GROUPS_AND_COUNTS,
    JOIN_LINKS_BY_GROUP,
    join_link_of,
)
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.settings import Settings, load_settings

_ID = WholeNumber(1, LARGEST_ID)
_LEVELS = {level.name.lower(): level for level in StatsVisibility}
_GROUP_HEADINGS = ("ID", "NAME", "DISPLAY NAME", "LEVEL", "STATE", "AUTHORITY", "MEMBERS", "ADMINS")
_ADMIN_HEADINGS = ("ID", "LOGIN", "DISPLAY NAME")

_group_argument = click.argument("group_id", metavar="ID", type=_ID)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@click.group()
def groups() -> None:
    """Groups of volunteers.

    Commands that change a group need STATS_GATEWAY_GROUPS=own. A group of a file becomes this
    gateway's: see docs/directory.md.
    """


@groups.command()
@click.option("--display-name", required=True, help="What the group is called.")
@click.option(
    "--name",
    help="The unique name: letters, digits, dots, dashes and underscores. Default: made from the "
    "display name.",
)
@click.option(
    "--level",
    type=click.Choice([*_LEVELS]),
    default=StatsVisibility.PRIVATE_AGG_ONLY.name.lower(),
    show_default=True,
    help="Who may see the statistics of the group.",
)
@click.option(
    "--admin",
    metavar="ID|LOGIN",
    type=UserName(),
    required=True,
    help="Id or login of the user who leads the group.",
)
@_json_option
@database_option
def create(
    display_name: str,
    name: str | None,
    level: str,
    admin: int | str,
    database_url: str | None,
    *,
    as_json: bool,
) -> None:
    """Create a group that somebody leads.

    rotate-link prints a link by which others join.
    """

    async def work() -> int:
        async with acting(database_url) as operator:
            admin_id = await operator.user(admin)
            command = CreateGroup(display_name, name, _LEVELS[level], admin_id=admin_id)
            return (await operator.do(command)).group_id

    group_id = run(work())
    click.echo(_json({"id": group_id}) if as_json else f"Created the group {group_id}.")


@groups.command("list")
@_json_option
@database_option
def list_groups(database_url: str | None, *, as_json: bool) -> None:
    """List all groups, with those that were deactivated, and how many people lead them."""

    async def work() -> Sequence[Any]:
        settings = load_settings(database_url=database_url)
        async with opened(settings) as database, database.read() as snapshot:
            return await snapshot.fetch(GROUPS_AND_COUNTS)

    found = [_group(row) for row in run(work())]
    if as_json:
        click.echo(_json(found))
    elif found:
        rows = [["-" if cell is None else str(cell) for cell in one.values()] for one in found]
        click.echo("\n".join(table_lines(_GROUP_HEADINGS, rows)))
    else:
        click.echo("There are no groups.")


@groups.command()
@_group_argument
@database_option
def deactivate(group_id: int, database_url: str | None) -> None:
    """End a group and all its memberships. What counted stays, and reactivate undoes it."""
    outcome = run(_do(database_url, DeactivateGroup(group_id)))
    state = "is deactivated" if outcome.changed else "was deactivated already"
    click.echo(f"The group {group_id} {state}.")


@groups.command()
@_group_argument
@database_option
def reactivate(group_id: int, database_url: str | None) -> None:
    """Let a deactivated group go on, with the members whom it had."""
    outcome = run(_do(database_url, ReactivateGroup(group_id)))
    state = "is active again" if outcome.changed else "was active already"
    click.echo(f"The group {group_id} {state}.")


@groups.command()
@_group_argument
@click.option(
    "--add",
    "added",
    metavar="ID|LOGIN",
    type=UserName(),
    help="Make this user an admin. Who is no member is invited, and becomes an admin by accepting.",
)
@_json_option
@database_option
def admins(
    group_id: int, added: int | str | None, database_url: str | None, *, as_json: bool
) -> None:
    """List the admins of a group, or add one."""
    if added is not None:
        click.echo(run(_add_admin(database_url, group_id, added)), err=as_json)
    found = run(_admins(load_settings(database_url=database_url), group_id))
    if as_json:
        click.echo(_json(found))
    elif found:
        rows = [["-" if cell is None else str(cell) for cell in one.values()] for one in found]
        click.echo("\n".join(table_lines(_ADMIN_HEADINGS, rows)))
    else:
        click.echo(f"The group {group_id} has no admin.")


@groups.command("rotate-link")
@_group_argument
@database_option
def rotate_link(group_id: int, database_url: str | None) -> None:
    """Make a new join link for a group, and print it. The old one stops working at once.

    Prints the address of the page where people join, if STATS_GATEWAY_GROUP_PAGE_URL is set, and
    else the token alone. Whoever has it can join.
    """

    async def work() -> str:
        async with acting(database_url) as operator:
            await operator.do(UpdateJoinLink(group_id, rotate=True))
            async with operator.database.read() as snapshot:
                (row,) = await snapshot.fetch(JOIN_LINKS_BY_GROUP, {"ids": [group_id]})
            token = join_link_of(row).token
            return GroupLife(page_url=operator.page_url).join_url(group_id, token) or token

    click.echo(run(work()))


async def _do(database_url: str | None, command: Command) -> Outcome:
    async with acting(database_url) as operator:
        return await operator.do(command)


async def _add_admin(database_url: str | None, group_id: int, named: int | str) -> str:
    async with acting(database_url) as operator:
        user_id = await operator.user(named)
        try:
            await operator.do(SetRole(group_id, user_id, GROUP_ADMIN))
        except GroupRefusal as refusal:
            if refusal.refusal is not RefusalCode.NOT_A_MEMBER:
                raise
            await operator.do(Invite(group_id, (user_id,), role=GROUP_ADMIN))
        async with operator.database.read() as snapshot:
            leading = await snapshot.fetch(ADMINS_OF_GROUP, {"group": group_id})
    if user_id in {row[0] for row in leading}:
        return f"User {user_id} is an admin of the group {group_id}."
    return f"User {user_id} is invited, and becomes an admin by accepting."


async def _admins(settings: Settings, group_id: int) -> list[dict[str, Any]]:
    async with opened(settings) as database, database.read() as snapshot:
        if not await snapshot.fetch(USER_GROUPS_BY_ID, {"ids": [group_id]}):
            raise NotFound("group", group_id)
        found = await snapshot.fetch(ADMINS_OF_GROUP, {"group": group_id})
    return [{"id": user_id, "login": login, "display_name": name} for user_id, login, name in found]


def _group(row: Sequence[Any]) -> dict[str, Any]:
    group_id, name, display_name, level, authority, state, members, leading = row
    return {
        "id": group_id,
        "name": name,
        "display_name": display_name,
        "stats_visibility": StatsVisibility(level).name.lower(),
        "state": "inactive" if is_ended(state) else "active",
        "authority": authority,
        "members": members,
        "admins": leading,
    }


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


groups.add_command(backfill)
groups.add_command(goals)
