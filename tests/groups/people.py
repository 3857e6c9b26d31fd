"""People who do things with groups, and what the database holds of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.db.group_tables import group_change, group_join_link, membership_span
from gateway.db.tables import change_log, membership
from gateway.directory.load import load_directory
from gateway.groups.commands import AcceptInvitation, Command, CreateGroup, Invite, Join, Outcome
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.service import GroupService

ADA, BEN, CLEO, DAN, EVE = (
    Viewer(number, login, login.title())
    for number, login in enumerate(("ada", "ben", "cleo", "dan", "eve"), start=1)
)
PEOPLE = {one.id: one for one in (ADA, BEN, CLEO, DAN, EVE)}
SITE_ADMIN = Viewer(90, "site", "Site", is_site_admin=True)

START = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


class MovingClock:
    """A clock that goes on by a second with each look at it, and jumps where a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def jump(self, **by: float) -> None:
        self.now += timedelta(**by)


class Town:
    """A service over a database that knows all people, and short names for what they do."""

    def __init__(self, database: Database, **limits: Any) -> None:
        self.database = database
        self.service = GroupService(database, **limits)

    async def settle(self, **document: Any) -> Town:
        """Let the directory know everybody, and what else a document says."""
        users = [{"id": one.id, "login": one.login} for one in PEOPLE.values()]
        await self.database.write(lambda each: load_directory(each, {"users": users, **document}))
        return self

    async def run(self, command: Command, viewer: Viewer) -> Outcome:
        return await self.service.run(command, viewer)

    async def refused(self, code: RefusalCode, command: Command, viewer: Viewer) -> GroupRefusal:
        """The refusal of a command, which has changed nothing."""
        before = await self.rows(change_log)
        with pytest.raises(GroupRefusal) as caught:
            await self.run(command, viewer)
        assert caught.value.refusal is code
        assert await self.rows(change_log) == before
        return caught.value

    async def group(self, admin: Viewer = ADA, *members: Viewer, **said: Any) -> int:
        """A new group of an admin and members, who join by its link."""
        said.setdefault("display_name", "Moths of the North")
        group_id = (await self.run(CreateGroup(**said), admin)).group_id
        for one in members:
            await self.join(group_id, one)
        return group_id

    async def join(self, group_id: int, viewer: Viewer) -> Outcome:
        return await self.run(Join(group_id, await self.token(group_id)), viewer)

    async def invited(self, group_id: int, viewer: Viewer, role: str, by: Viewer = ADA) -> None:
        assert viewer.id is not None
        await self.run(Invite(group_id, (viewer.id,), role=role), by)

    async def appointed(self, group_id: int, viewer: Viewer, by: Viewer = ADA) -> None:
        """Make somebody an admin who has agreed to it."""
        await self.invited(group_id, viewer, "group_admin", by)
        await self.run(AcceptInvitation(group_id), viewer)

    async def token(self, group_id: int) -> str:
        (row,) = [one for one in await self.rows(group_join_link) if one["group_id"] == group_id]
        return str(row["token"])

    async def rows(self, table: Any, **where: Any) -> list[dict[str, Any]]:
        """By their keys: without, a database gives them in the order that suits it at the time."""
        found = select(table).where(*(table.c[name] == value for name, value in where.items()))
        statement = found.order_by(*table.primary_key)
        return await self.database.write(
            lambda each: [dict(row) for row in each.execute(statement).mappings()]
        )

    async def membership(self, group_id: int, viewer: Viewer) -> dict[str, Any]:
        (row,) = await self.rows(membership, group_id=group_id, user_id=viewer.id)
        return row

    async def relationship(
        self, group_id: int, viewer: Viewer
    ) -> tuple[str, list[str], str | None]:
        row = await self.membership(group_id, viewer)
        return row["state"], orjson.loads(row["roles"]), row["ended_by"]

    async def spans(self, group_id: int, viewer: Viewer) -> list[bool]:
        """For each span of somebody in a group, whether it goes on."""
        rows = await self.rows(membership_span, group_id=group_id, user_id=viewer.id)
        return [row["until_us"] is None for row in sorted(rows, key=lambda row: row["from_us"])]

    async def history(self, group_id: int) -> list[tuple[str, int | None, int | None]]:
        rows = await self.rows(group_change, group_id=group_id)
        rows.sort(key=lambda row: row["id"])
        return [(row["kind"], row["actor_id"], row["subject_id"]) for row in rows]

    async def version(self) -> int:
        return await self.database.write(
            lambda each: each.execute(select(func.max(change_log.c.version))).scalar() or 0
        )


def ids(people: Iterable[Viewer]) -> tuple[int, ...]:
    return tuple(one.id for one in people if one.id is not None)
