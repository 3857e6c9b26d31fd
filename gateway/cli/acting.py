"""Group service for commands of site operators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from gateway.cli.named_user import named_users
from gateway.cli.running import opened
from gateway.db import Database
from gateway.errors import SettingsError
from gateway.groups.commands import Command, Outcome
from gateway.groups.configuration import configured_groups
from gateway.groups.service import OPERATOR, GroupService
from gateway.settings import PREFIX, load_settings


class Acting(NamedTuple):
    """Context of an operator's command; join links open ``page_url``."""

    database: Database
    service: GroupService
    page_url: str | None

    async def do(self, command: Command) -> Outcome:
        """Carry out a command as a site operator."""
        return await self.service.run(command, OPERATOR)

    async def user(self, named: int | str) -> int:
        """Look up the id of a user by id or login; InvalidArgument if there is none."""
        (user_id,) = await self.database.write(lambda each: named_users(each, [named]))
        return user_id


@asynccontextmanager
async def acting(database_url: str | None) -> AsyncIterator[Acting]:
    """Open the group service; SettingsError if this gateway does not decide about groups."""
    settings = load_settings(database_url=database_url)
    if settings.groups != "own":
        raise SettingsError(
            f"{PREFIX}GROUPS is {settings.groups}: set it to own, here and for the server, to "
            "change groups at this gateway."
        )
    async with opened(settings) as database:
        yield Acting(database, configured_groups(settings, database), settings.group_page_url)
