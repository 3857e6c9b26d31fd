"""``stats-gateway apikey``: keys for machines that read statistics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from gateway.auth.api_keys import new_api_key
from gateway.auth.viewer import Scope
from gateway.cli.running import database_option, opened, run
from gateway.cli.table import table_lines
from gateway.directory.api_keys import API_KEYS, ApiKey, add_api_key, api_key_of, revoke_api_key
from gateway.settings import Settings, load_settings

_HEADINGS = ("ID", "NAME", "SCOPES", "CREATED", "LAST USED", "REVOKED")


@click.group()
def apikey() -> None:
    """Manage API keys for programs such as reports and dashboards."""


@apikey.command()
@click.option(
    "--name",
    required=True,
    help="Name of the key, such as what uses it. No other active key may have this name.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    required=True,
    multiple=True,
    help="What the key allows; repeat the option for several scopes. stats:read reads "
    "everything that a site admin can read. groups:count counts user groups.",
)
@database_option
def create(name: str, scopes: tuple[str, ...], database_url: str | None) -> None:
    """Create a key and print it once: only its hash is stored."""
    settings = load_settings(database_url=database_url)
    key = new_api_key(name, map(Scope, scopes), _now_us())
    run(_add(settings, key.stored))
    click.echo(key.text)
    click.echo(
        f"Created the key {key.stored.id}, {name}. Store it now: it is not shown again.", err=True
    )


@apikey.command("list")
@database_option
def list_keys(database_url: str | None) -> None:
    """List all keys, with revoked ones, without their secrets. Times are in UTC."""
    keys = run(_read(load_settings(database_url=database_url)))
    if not keys:
        click.echo("There are no API keys.")
        return
    for line in table_lines(_HEADINGS, [_cells(key) for key in keys]):
        click.echo(line)


@apikey.command()
@click.argument("key", metavar="ID|NAME")
@database_option
def revoke(key: str, database_url: str | None) -> None:
    """Revoke a key for good. Its name may be used again."""
    settings = load_settings(database_url=database_url)
    revoked = run(_revoke(settings, key, _now_us()))
    click.echo(f"Revoked the key {revoked.id}, {revoked.name}.")


async def _add(settings: Settings, key: ApiKey) -> None:
    async with opened(settings) as database:
        await database.write(lambda connection: add_api_key(connection, key))


async def _read(settings: Settings) -> Sequence[ApiKey]:
    async with opened(settings) as database, database.read() as snapshot:
        return [api_key_of(row) for row in await snapshot.fetch(API_KEYS)]


async def _revoke(settings: Settings, id_or_name: str, now_us: int) -> ApiKey:
    async with opened(settings) as database:
        return await database.write(
            lambda connection: revoke_api_key(connection, id_or_name, now_us)
        )


def _cells(key: ApiKey) -> tuple[str, ...]:
    instants = (key.created_at, key.last_used_at, key.revoked_at)
    return (key.id, key.name, ",".join(key.scopes), *map(_format_instant, instants))


def _format_instant(instant: int | None) -> str:
    if instant is None:
        return "-"
    return datetime.fromtimestamp(instant / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")


def _now_us() -> int:
    return time.time_ns() // 1000
