"""What tests of HTTP caching share: the whole application behind a client, and public questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.app import create_app
from gateway.db import open_database
from gateway.directory.load import load_directory
from gateway.settings import Settings
from gateway.telemetry.configuration import Telemetry
from tests.events_of import classification, comment, store
from tests.valid import valid_response

URL = "http://gateway/graphql"
JSON, GRAPHQL = "application/json", "application/graphql-response+json"
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
PUBLIC, PRIVATE = "public, no-cache", "private, no-store"

_TOTALS = "totalCount timeSpent buckets(period: MONTH) { startsOn count timeSpent }"
_STATS = f"""{_TOTALS} activeUsers projectContributions {{ count project {{ slug }} }}
    topContributors(first: 2) {{ count user {{ login }} }}"""
OPEN_RANGE = """{ classifications(range: { start: "2024-03-01" }) {
    buckets(period: DAY, fillGaps: true) { startsOn count } } }"""
SITE = "{ classifications { totalCount } comments { totalCount } }"
GROUP = "{ userGroup(id: 501) { name displayName statsVisibility } }"
GROUP_STATS = f"{{ userGroup(id: 501) {{ classifications {{ {_STATS} }} }} }}"
ROSTER = "{ userGroup(id: 502) { members { nodes { login displayName } } } }"
USERS = "{ usersByIds(ids: [1, 2, 3, 4]) { login displayName comments { totalCount } } }"
PROJECTS = f"""{{ projectsByIds(ids: [11, 12, 13]) {{
    displayName slug classifications {{ {_TOTALS} }}
    workflows {{ nodes {{ displayName estimatedDaysToCompletion }} }} }} }}"""
DOCUMENTS = (
    *(OPEN_RANGE, SITE, GROUP, GROUP_STATS, ROSTER, USERS, PROJECTS),
    f"{{ userGroupsByIds(ids: [501, 502]) {{ name classifications {{ {_STATS} }} }} }}",
    "{ me { login } __schema { queryType { name } } }",
)
DIRECTORY = {
    "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2)],
    "user_groups": [
        {"id": one, "name": f"group-{one}", "stats_visibility": "public_show_all"}
        for one in (501, 502)
    ],
    "projects": [{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}],
    "memberships": [
        {"user_group_id": 502, "user_id": 1, "state": "active", "roles": ["group_member"]}
    ],
}


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def gateway(
    clock: Clock, telemetry: Telemetry | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application."""
    app = create_app(Settings(**settings), clock, telemetry or Telemetry())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        client.headers["accept"] = JSON
        client.cache = app.state.services.read_cache  # type: ignore[attr-defined]
        client.responses = app.state.services.responses  # type: ignore[attr-defined]
        client.bodies = app.state.services.compressed_bodies  # type: ignore[attr-defined]
        yield client


async def get(client: httpx.AsyncClient, query: str, *etags: str, **headers: str) -> httpx.Response:
    if etags:
        headers["if-none-match"] = ", ".join(etags)
    return valid_response(await client.get(URL, params={"query": query}, headers=headers))


@asynccontextmanager
async def filled_gateway(
    clock: Clock, telemetry: Telemetry | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The same over a database with an event, a comment and who they are of."""
    async with open_database(settings["database_url"]) as database:
        await database.migrate()
        await database.write(lambda connection: load_directory(connection, DIRECTORY))
        await store(database, classification(1, groups=(501,)), comment(1))
    async with gateway(clock, telemetry, **settings) as client:
        yield client
