"""``stats-gateway directory`` and ``groups``: who there is, and what counts to a group."""

from __future__ import annotations

import time
from pathlib import Path

import click
import orjson

from gateway.cli.running import database_option, opened, run
from gateway.cli.whole_number import WholeNumber
from gateway.directory.backfill_members import backfill_members
from gateway.directory.document import read_document
from gateway.directory.load import Loaded, load_entries
from gateway.errors import UnreadableFile
from gateway.events.header import UTF8_MARK
from gateway.events.ids import LARGEST_ID
from gateway.reasons import reason_of
from gateway.settings import Settings, load_settings

_ID = WholeNumber(1, LARGEST_ID)


@click.group()
def directory() -> None:
    """Users, groups, memberships, projects and workflows."""


@directory.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_option
def load(file: Path, database_url: str | None) -> None:
    """Store the users, groups, memberships, projects and workflows of a JSON FILE.

    An entry replaces the stored entry with the same id. Entries that the file does not list stay.
    Either the whole file is stored, or nothing.
    """
    counts = run(_load(load_settings(database_url=database_url), file))
    for name, (listed, changed) in counts.items():
        click.echo(f"{name.replace('_', ' ')}: {listed:,} ({changed:,} new or changed)")


async def _load(settings: Settings, file: Path) -> dict[str, Loaded]:
    document = _read_json(file)
    try:
        entries = read_document(document)
        async with opened(settings, may_make=True) as database:
            return await database.write(lambda connection: load_entries(connection, entries))
    except UnreadableFile as error:
        raise UnreadableFile(f"{file}: {error.message}") from None


def _read_json(file: Path) -> object:
    try:
        return orjson.loads(file.read_bytes().removeprefix(UTF8_MARK))
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {reason_of(error)}.") from None
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{file} is not JSON: {reason_of(error)}.") from None


@click.group()
def groups() -> None:
    """Groups of volunteers."""


@groups.command()
@click.option("--group", "group_id", metavar="ID", type=_ID, required=True, help="Id of the group.")
@click.option(
    "--user",
    "user_ids",
    metavar="ID",
    type=_ID,
    multiple=True,
    help="Id of a member; repeat the option for several members. Default: all active members.",
)
@database_option
def backfill(group_id: int, user_ids: tuple[int, ...], database_url: str | None) -> None:
    """Count earlier classifications of members to their group.

    Running it again counts nothing twice.
    """
    settings = load_settings(database_url=database_url)
    counted = run(_backfill(settings, group_id, user_ids, time.time_ns() // 1000))
    click.echo(f"{counted:,} classifications added to group {group_id}.")


async def _backfill(
    settings: Settings, group_id: int, user_ids: tuple[int, ...], until_us: int
) -> int:
    async with opened(settings) as database:
        return await database.write(
            lambda connection: backfill_members(connection, group_id, user_ids, until_us)
        )
