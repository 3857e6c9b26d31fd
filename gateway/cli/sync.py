"""``stats-gateway sync``: copy the directory from Panoptes."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

import click

from gateway.cli.running import database_option, opened, run
from gateway.cli.stopping import INTERRUPTED
from gateway.cli.sync_progress import SyncProgress, summary
from gateway.directory.panoptes.configuration import configured_panoptes
from gateway.directory.panoptes.copying import RESOURCES, copy, left_to_copy
from gateway.directory.panoptes.retrying import RetryingPanoptes
from gateway.errors import SettingsError
from gateway.settings import PREFIX, Settings, load_settings

#: Of a request: a copy can wait for a slow page.
_TIMEOUT_SECONDS = 60.0


class _Names(click.ParamType[tuple[str, ...]]):
    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Names out of ``RESOURCES``, in its order."""
        named = {name.strip() for name in str(value).split(",")}
        if unknown := sorted(named - set(RESOURCES)):
            self.fail(f"{unknown[0]!r} is not one of {', '.join(RESOURCES)}.", param, ctx)
        return tuple(name for name in RESOURCES if name in named)


@click.group()
def sync() -> None:
    """Copy users, groups, projects and workflows from Panoptes."""


@sync.command("panoptes")
@click.option(
    "--url",
    metavar="URL",
    help=f"URL of Panoptes, such as https://www.zooniverse.org.  [env: {PREFIX}PANOPTES_URL]",
)
@click.option(
    "--only",
    "names",
    type=_Names(),
    metavar="NAMES",
    default=",".join(RESOURCES),
    show_default=True,
    help="What to copy, separated by commas.",
)
@database_option
def sync_panoptes(url: str | None, names: tuple[str, ...], database_url: str | None) -> None:
    """Copy users' public names, groups, memberships, projects and workflows from Panoptes.

    The command reads Panoptes' API page by page, and waits while Panoptes is busy or does not
    answer. After an interruption, run it again to continue. At the end it removes groups and
    memberships that Panoptes does not have. It never stores e-mail addresses or the personal
    (identity) groups of users. The client id and secret are settings. Their application must
    belong to an admin of Panoptes: others see only public groups.
    """
    settings = load_settings(database_url=database_url, panoptes_url=url)
    try:
        run(_sync(settings, names))
    except KeyboardInterrupt:
        click.echo(
            "Interrupted: everything stored so far stays; run the same command again to continue.",
            err=True,
        )
        sys.exit(INTERRUPTED)


def _now() -> datetime:
    return datetime.now(UTC)


async def _sync(settings: Settings, names: tuple[str, ...]) -> None:
    panoptes = configured_panoptes(settings, _now, _TIMEOUT_SECONDS)
    if panoptes is None:
        raise SettingsError(f"Panoptes has no URL: pass --url or set {PREFIX}PANOPTES_URL.")
    async with panoptes, opened(settings, may_make=True) as database:
        with SyncProgress(time.monotonic) as progress:
            api = RetryingPanoptes(panoptes, progress.waiting)
            left = await left_to_copy(database, names, _now)
            for name in names:
                if name not in left:
                    click.echo(f"{name}: already copied before the interruption")
                    continue
                copied = await copy(database, api, name, _now, progress.show)
                for line in summary(name, copied):
                    click.echo(line)
