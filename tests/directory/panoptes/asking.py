"""Operations that look up in the tests' own Panoptes, at instants that tests choose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.directory.panoptes.client import Credentials, Panoptes
from gateway.directory.panoptes.live import Freshness, LiveDirectory
from gateway.directory.panoptes.look_up_limits import LookUpLimits
from gateway.loaders.operation import Operation
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET
from tests.executing import executed

FRESH_SECONDS = 60
STALE_SECONDS = 600
#: Of an operation and of a request: longer than any machine takes for a test's own Panoptes.
TIMEOUT_SECONDS = 60.0

ADA = Viewer(id=1001, login="ada")
BOB = Viewer(id=1002, login="bob")
CYD = Viewer(id=1003, login="cyd")
SITE_ADMIN = Viewer(id=1, is_site_admin=True)


@dataclass
class Answer:
    """What an operation answered, and how many statements it ran."""

    data: dict[str, Any]
    codes: dict[str, str]
    statements: int


class Gateway:
    """A process of the gateway beside a Panoptes."""

    def __init__(self, database: Database, live: LiveDirectory, clock: Clock) -> None:
        self.database = database
        self.live = live
        self.clock = clock

    async def ask(
        self, document: str, viewer: Viewer, *, client: str = "192.0.2.1", **variables: Any
    ) -> Answer:
        record = RequestRecord("", "POST")
        record.client = client
        async with Operation(
            self.database, viewer, self.clock.now, self.live, record=record
        ) as operation:
            result = await executed(graphql_schema, document, variables, operation)
            codes = {
                ".".join(map(str, error.path or ())): (error.extensions or {})["code"]
                for error in result.errors or ()
            }
            return Answer(result.data or {}, codes, operation.snapshot.statements)

    async def roster(self, group_id: int, viewer: Viewer) -> list[tuple[int, str | None]]:
        """The group's members and their logins, as the loaders have them."""
        async with Operation(self.database, viewer, self.clock.now, self.live) as operation:
            members = await operation.loaders.memberships_by_group.load(group_id)
            ids = [one.user_id for one in members if one.is_effective]
            users = await operation.loaders.users.load_many(ids)
            return [(i, user and user.login) for i, user in zip(ids, users, strict=True)]


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@asynccontextmanager
async def gateway_beside(
    panoptes: LocalPanoptes,
    database: Database,
    clock: Clock,
    timeout_seconds: float = TIMEOUT_SECONDS,
    limits: LookUpLimits | None = None,
) -> AsyncIterator[Gateway]:
    # Tokens last as the Panoptes' own clock has it: the one of the tests does not matter to them.
    api = Panoptes(
        panoptes.url,
        Credentials(CLIENT_ID, CLIENT_SECRET),
        lambda: datetime.now(UTC),
        timeout_seconds=timeout_seconds,
    )
    freshness = Freshness(FRESH_SECONDS, STALE_SECONDS, timeout_seconds)
    async with LiveDirectory(
        api, database, clock, freshness, limits or LookUpLimits(1000, 10_000)
    ) as live:
        yield Gateway(database, live, clock)
