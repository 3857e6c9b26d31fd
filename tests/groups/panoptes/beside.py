"""A gateway whose groups are led at the tests' own Panoptes, and people with tokens of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select

from gateway.auth.bearer import Bearer, bearer_scope, store_bearer
from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.db.group_tables import group_change, group_join_link
from gateway.db.tables import membership, panoptes_answer, user_group
from gateway.directory.panoptes.client import Credentials, Panoptes
from gateway.directory.panoptes.live import Freshness, LiveDirectory
from gateway.directory.panoptes.look_up_limits import LookUpLimits
from gateway.directory.panoptes.transport import Transport
from gateway.groups.commands import Command, Outcome
from gateway.groups.panoptes.remote_groups import PanoptesGroups
from gateway.groups.service import GroupService
from gateway.groups.transaction import Limits
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_records import at
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET

ADA = Viewer(id=1001, login="ada", display_name="Ada")
BOB = Viewer(id=1002, login="bob", display_name="Bob")
CYD = Viewer(id=1003, login="cyd", display_name="Cyd")
DAN = Viewer(id=1004, login="dan", display_name="Dan")
SITE_ADMIN = Viewer(id=90, login="site", display_name="Site", is_site_admin=True)
PEOPLE = (ADA, BOB, CYD, DAN, SITE_ADMIN)
#: The group of which Ada is the admin, and Bob and Cyd are members.
GROUP = 501
TOKEN = "14b9c70f23f91cc7"
#: Of a command, where Panoptes never answers.
SHORT_SECONDS = 0.6


def now() -> datetime:
    return datetime.now(UTC)


def settle(there: LocalPanoptes) -> None:
    """Let Panoptes have everybody, a hidden group, and a public one of somebody else."""
    for one in PEOPLE:
        assert one.id is not None
        assert one.login is not None
        there.user(one.id, one.login)
    there.group(GROUP, "private_show_agg_and_ind", _join_token=TOKEN)
    there.group(502, "public_show_all", private=False, _join_token="other token")
    there.member(GROUP, 1001, "group_admin")
    there.member(GROUP, 1002)
    there.member(GROUP, 1003)
    there.member(502, 1003, "group_admin")


@dataclass
class Beside:
    """The service, its database, and the Panoptes that it changes groups at."""

    there: LocalPanoptes
    database: Database
    live: LiveDirectory
    home: PanoptesGroups
    service: GroupService
    tokens: dict[Viewer, str] = field(default_factory=dict)

    def token(self, viewer: Viewer) -> str:
        assert viewer.id is not None
        if viewer not in self.tokens:
            self.tokens[viewer] = self.there.token_of(viewer.id, admin=viewer.is_site_admin)
        return self.tokens[viewer]

    async def run(self, command: Command, viewer: Viewer, token: str | None = None) -> Outcome:
        """Carry out a command as if the viewer had sent it with their token."""
        assert viewer.id is not None
        with bearer_scope():
            store_bearer(Bearer(viewer.id, self.token(viewer) if token is None else token))
            return await self.service.run(command, viewer)

    def standing_there(self, group_id: int, viewer: Viewer) -> tuple[str, list[str]] | None:
        """State and roles at Panoptes."""
        for one in self.there.has["memberships"]:
            named = at(one, "links.user_group"), at(one, "links.user")
            if named == (str(group_id), str(viewer.id)):
                return one["state"], sorted(one["roles"])
        return None

    async def standing_here(self, group_id: int, viewer: Viewer) -> tuple[str, list[str]] | None:
        """State and roles as stored."""
        for row in await self.rows(membership):
            if (row["group_id"], row["user_id"]) == (group_id, viewer.id):
                return row["state"], orjson.loads(row["roles"])
        return None

    async def rows(self, table: Any) -> list[dict[str, Any]]:
        statement = select(table).order_by(*table.primary_key)
        return await self.database.write(
            lambda each: [dict(row) for row in each.execute(statement).mappings()]
        )

    async def history(self) -> list[tuple[int, str, int | None, int | None]]:
        rows = sorted(await self.rows(group_change), key=lambda row: row["id"])
        return [(row["group_id"], row["kind"], row["actor_id"], row["subject_id"]) for row in rows]

    async def group_here(self, group_id: int = GROUP) -> dict[str, Any] | None:
        found = [row for row in await self.rows(user_group) if row["id"] == group_id]
        return found[0] if found else None

    async def agrees(self) -> None:
        """Whether what a minute of freshness allows is all in which the two differ.

        What is stored and not due to be asked for again is what Panoptes has.
        """
        at_us = int(now().timestamp() * 1_000_000) - 60_000_000
        fresh = {
            (row["resource"], row["group_id"], row["user_id"])
            for row in await self.rows(panoptes_answer)
            if row["asked_at"] > at_us
        }
        for row in await self.rows(membership):
            place = row["group_id"], row["user_id"]
            if ("memberships", *place) in fresh:
                viewer = next(one for one in PEOPLE if one.id == place[1])
                here = await self.standing_here(place[0], viewer)
                assert here == self.standing_there(place[0], viewer), place
        for row in await self.rows(user_group):
            if ("user_groups", row["id"], 0) in fresh:
                there = self.there.find("user_groups", row["id"])
                assert there.get("_active", True)
                assert (row["name"], row["display_name"]) == (
                    there["name"],
                    there["display_name"],
                )
        assert await self.rows(group_join_link) == []

    def changes_sent(self) -> list[str]:
        """What Panoptes was told to change, in order."""
        return [f"{method} {path}" for method, path, *_ in self.there.sent if method != "GET"]


@asynccontextmanager
async def beside(
    there: LocalPanoptes, database: Database, seconds: float = 10
) -> AsyncIterator[Beside]:
    """The service within which a command may take so long."""
    credentials = Credentials(CLIENT_ID, CLIENT_SECRET)
    reading = Panoptes(there.url, credentials, now, timeout_seconds=30)
    async with LiveDirectory(
        reading, database, now, Freshness(60, 600, 30), LookUpLimits(1000, 10_000)
    ) as live:
        home = PanoptesGroups(
            Transport(there.url, timeout_seconds=seconds),
            database,
            live,
            now,
            limits=Limits(),
            seconds=seconds,
            fresh_seconds=60,
        )
        async with home:
            yield Beside(there, database, live, home, GroupService(database, home=home))
