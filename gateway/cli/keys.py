"""``stats-gateway keys`` and ``token``: create credentials for tests without Panoptes."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from gateway.auth.keys import read_private_key, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.cli.whole_number import WholeNumber
from gateway.events.ids import LARGEST_ID
from gateway.settings import PREFIX, load_settings

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=3650)


class Duration(click.ParamType[timedelta]):
    """Duration option, a whole number and a unit: ``90s``, ``30m``, ``2h`` or ``7d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Parse the text; a usage error if it is no duration, or longer than ten years."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,9})([smhd])", value)
        span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
        if not timedelta(0) < span <= _LONGEST:
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 2h or 7d.", param, ctx)
        return span


@click.group()
def keys() -> None:
    """Create the keys that sign and verify tokens."""


@keys.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="Directory for the two files; created if missing.",
)
@click.option("--force", is_flag=True, help="Overwrite existing keys.")
def new(directory: Path, *, force: bool) -> None:
    """Write a new key pair: private.pem signs tokens, public.pem verifies them.

    Give public.pem to the server, and keep private.pem secret.
    """
    pair = write_new_keys(directory, overwrite=force)
    click.echo(f"Private key: {pair.private} (stats-gateway token --key {pair.private} …)")
    click.echo(f"Public key:  {pair.public} (set {PREFIX}JWT_PUBLIC_KEY_FILE to it)")


@click.command()
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    required=True,
    help="The private key that `stats-gateway keys new` wrote.",
)
@click.option(
    "--user",
    "user_id",
    metavar="ID",
    type=WholeNumber(1, LARGEST_ID),
    required=True,
    help="Id of the user whom the token is for.",
)
@click.option("--login", help="The user's login.")
@click.option("--display-name", help="The user's display name.")
@click.option("--admin", is_flag=True, help="Make it a site admin's token.")
@click.option(
    "--expires",
    type=Duration(),
    default="2h",
    show_default=True,
    help="How long the token is valid, such as 90s, 30m, 2h or 7d.",
)
@click.option(
    "--issuer", help=f"The issuer of the token.  [env: {PREFIX}JWT_ISSUER; default: pan-prod]"
)
def token(
    key: Path,
    user_id: int,
    login: str | None,
    display_name: str | None,
    expires: timedelta,
    issuer: str | None,
    *,
    admin: bool,
) -> None:
    """Print a token signed with your key, for the header `Authorization: Bearer …`."""
    text = issue_token(
        read_private_key(key),
        user_id,
        login,
        display_name,
        admin,
        datetime.now(UTC) + expires,
        load_settings(jwt_issuer=issuer).jwt_issuer,
        rng=secrets.token_hex(8),
    )
    click.echo(text)
