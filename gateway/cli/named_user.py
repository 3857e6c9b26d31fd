"""User options of the command line, by id or login."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import Connection

from gateway.cli.whole_number import WholeNumber
from gateway.directory.logins import find_by_login, why_not_one
from gateway.errors import InvalidArgument
from gateway.events.ids import LARGEST_ID

_ID = WholeNumber(1, LARGEST_ID)


class UserName(click.ParamType[int | str]):
    """User option: the id or the login; digits are an id."""

    name = "id or login"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Parse an id to a number; a usage error if it is out of range."""
        if isinstance(value, str) and not re.fullmatch(r"[-+]?[0-9]+", value):
            return value
        return _ID.convert(value, param, ctx)


def named_users(connection: Connection, users: Sequence[int | str]) -> list[int]:
    """Look up the ids of users by id or login, in their order.

    InvalidArgument for a login that nobody has, or several. Runs in a writing transaction.
    """
    found = find_by_login(connection, {one for one in users if isinstance(one, str)})
    for login, ids in found.items():
        if reason := why_not_one(login, ids):
            raise InvalidArgument("user", f"{reason[0].upper()}{reason[1:]}.")
    return [found[one][0] if isinstance(one, str) else one for one in users]
