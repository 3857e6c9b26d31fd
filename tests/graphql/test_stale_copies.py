"""A copy is stale as soon as the answer changes, whatever was written, by whom and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from gateway.db import Database, open_database
from gateway.directory.erase_user import erase_user
from gateway.rollups.backfill import backfill
from tests.directory.panoptes.local import panoptes_running
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET
from tests.events_of import classification, clear, events, instant, store
from tests.graphql.copies import (
    DIRECTORY,
    DOCUMENTS,
    GROUP,
    GROUP_STATS,
    OPEN_RANGE,
    PRIVATE,
    PROJECTS,
    PUBLIC,
    ROSTER,
    SITE,
    USERS,
    Clock,
    filled_gateway,
    gateway,
    get,
)
from tests.loaders.test_never_stale import entries, writes
from tests.sampled import examples
from tests.server import serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(
    database_url: str, database: Database, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    async with filled_gateway(clock, database_url=database_url) as client:
        yield client


def _visible(**more: Any) -> Callable[[Connection], Any]:
    return entries(user_groups=[{"id": 501, "name": "group-501", **more}])


CHANGES: dict[str, tuple[str, Callable[[Connection], Any]]] = {
    "a group is renamed": (
        GROUP,
        entries(user_groups=[{"id": 501, "name": "x", "stats_visibility": "public_show_all"}]),
    ),
    "a group turns private": (GROUP, _visible(stats_visibility="private_agg_only", private=True)),
    "a group shows less": (GROUP_STATS, _visible(stats_visibility="private_agg_only")),
    "a user is renamed": (USERS, entries(users=[{"id": 1, "login": "countess"}])),
    "a contributor is renamed": (GROUP_STATS, entries(users=[{"id": 1, "login": "countess"}])),
    "a user appears": (USERS, entries(users=[{"id": 4, "login": "dee"}])),
    "a project is renamed": (
        PROJECTS,
        entries(projects=[{"id": 11, "slug": "zoo/dogs", "display_name": "Dogs"}]),
    ),
    "a project of contributions is renamed": (
        GROUP_STATS,
        entries(projects=[{"id": 11, "slug": "zoo/dogs", "display_name": "Dogs"}]),
    ),
    "somebody joins": (
        ROSTER,
        entries(
            memberships=[
                {"user_group_id": 502, "user_id": 2, "state": "active", "roles": ["group_member"]}
            ]
        ),
    ),
    "somebody leaves": (
        ROSTER,
        entries(
            memberships=[{"user_group_id": 502, "user_id": 1, "state": "inactive", "roles": []}]
        ),
    ),
    "a backfill": (
        "{ userGroup(id: 502) { classifications { totalCount } } }",
        lambda connection: backfill(connection, 502, [1], instant("2024-12-31T00:00")),
    ),
    "a user is forgotten": (GROUP_STATS, lambda connection: erase_user(connection, 1)),
    "a member is forgotten": (ROSTER, lambda connection: erase_user(connection, 1)),
}


@pytest.mark.parametrize(("query", "change"), CHANGES.values(), ids=CHANGES)
async def test_a_copy_is_stale_as_soon_as_the_answer_changes(
    client: httpx.AsyncClient,
    database: Database,
    query: str,
    change: Callable[[Connection], Any],
) -> None:
    before = await get(client, query)
    etag = before.headers["etag"]
    assert (await get(client, query, etag)).status_code == 304
    await database.write(change)
    after = await get(client, query, etag)
    assert after.status_code == 200
    assert after.content != before.content
    assert after.headers.get("etag") != etag
    assert ("etag" in after.headers) == ("errors" not in after.json())


@pytest.mark.parametrize("query", [SITE, PROJECTS, GROUP_STATS, OPEN_RANGE])
async def test_a_copy_is_stale_as_soon_as_an_event_is_counted(
    client: httpx.AsyncClient, database: Database, query: str
) -> None:
    before = await get(client, query)
    await store(database, classification(2, "2024-03-02T12:00", groups=(501,)))
    after = await get(client, query, before.headers["etag"])
    assert (after.status_code, after.content != before.content) == (200, True)
    assert after.headers["etag"] != before.headers["etag"]


async def test_a_copy_holds_when_something_else_changes(
    client: httpx.AsyncClient, database: Database
) -> None:
    etag = (await get(client, GROUP)).headers["etag"]
    await store(database, classification(2, project=12, groups=(502,)))
    assert (await get(client, GROUP, etag)).status_code == 304


async def test_a_copy_outlives_its_day_where_the_answer_does(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    clock.now = datetime(2024, 3, 4, 23, 59, 59, 999_999, tzinfo=UTC)
    before = {query: await get(client, query) for query in (OPEN_RANGE, SITE)}
    clock.now += timedelta(microseconds=1)
    for query, copy in before.items():
        after = await get(client, query, copy.headers["etag"])
        assert after.status_code == (200 if query == OPEN_RANGE else 304)
        assert (after.headers["etag"] == copy.headers["etag"]) == (query == SITE)


async def test_a_copy_holds_again_when_the_answer_is_again_what_it_was(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = await get(client, GROUP)
    level = {"stats_visibility": "public_show_all"}
    renamed = {"id": 501, "name": "renamed", **level}
    await database.write(entries(user_groups=[renamed]))
    second = await get(client, GROUP, first.headers["etag"])
    await database.write(entries(user_groups=[{**renamed, "name": "group-501"}]))
    third = await get(client, GROUP, second.headers["etag"], first.headers["etag"])
    assert (second.status_code, third.status_code) == (200, 304)
    assert third.headers["etag"] == first.headers["etag"] != second.headers["etag"]


async def test_a_restored_database_does_not_bring_old_copies_back(
    tmp_path: Path, clock: Clock
) -> None:
    """Two databases at the same versions with different contents, one after the other."""
    found = []
    for name, login in (("one", "ada"), ("other", "bob")):
        url = f"sqlite:///{tmp_path / name}.db"
        async with open_database(url) as database:
            await database.migrate()
            await database.write(entries(users=[{"id": 1, "login": login}]))
        async with gateway(clock, database_url=url) as client:
            etags = [response.headers["etag"] for response in found]
            found.append(await get(client, USERS, *etags))
    one, other = found
    assert other.status_code == 200
    assert one.headers["etag"] != other.headers["etag"]


async def test_what_panoptes_was_asked_about_is_asked_again(tmp_path: Path, clock: Clock) -> None:
    with panoptes_running() as panoptes:
        panoptes.group(502, "public_agg_only")
        settings = {
            "panoptes_url": panoptes.url,
            "panoptes_client_id": CLIENT_ID,
            "panoptes_client_secret": CLIENT_SECRET,
            "panoptes_fresh_seconds": 0,
            "panoptes_timeout_seconds": 60,
        }
        query = "{ userGroup(id: 502) { name statsVisibility } }"
        async with gateway(
            clock, database_url=f"sqlite:///{tmp_path}/live.db", **settings
        ) as client:
            # What was answered first is stored meanwhile, which makes another version of it.
            for _ in range(100):
                before = await get(client, query)
                etag = before.headers["etag"]
                same = await get(client, query, etag)
                if same.status_code == 304:
                    break
                await asyncio.sleep(0.05)
            panoptes.find("user_groups", 502)["stats_visibility"] = "public_show_all"
            clock.now += timedelta(seconds=61)
            after = await get(client, query, etag)
            responses: Any = client.responses  # type: ignore[attr-defined]
            cached = [responses.counts.entries]
            # What asks nothing of Panoptes is cached all the same.
            await get(client, PROJECTS)
            cached.append(responses.counts.entries)
    assert cached == [0, 1]
    assert before.json()["data"]["userGroup"]["statsVisibility"] == "PUBLIC_AGG_ONLY"
    assert same.status_code == 304
    assert after.json()["data"]["userGroup"]["statsVisibility"] == "PUBLIC_SHOW_ALL"


class Copies(RuleBasedStateMachine):
    """A cache that keeps every answer it ever got, in front of two gateways; subclasses say which.

    Whatever a gateway says of a copy is compared with what a third one answers, which keeps
    nothing.
    """

    runner: asyncio.Runner
    writer: Database
    gateways: list[httpx.AsyncClient]
    plain: httpx.AsyncClient
    clock: Clock
    #: All answers ever seen: a tag stands for one, whatever was asked.
    copies: dict[str, bytes]

    @initialize()
    def start(self) -> None:
        async def fill() -> None:
            await self.writer.write(clear)
            await self.writer.write(entries(**DIRECTORY))

        self.runner.run(fill())

    @rule(change=writes)
    def write(self, change: Callable[[Connection], Any]) -> None:
        self.runner.run(self.writer.write(change))

    @rule(batch=st.lists(events, min_size=1, max_size=4))
    def store(self, batch: list[Any]) -> None:
        self.runner.run(store(self.writer, *batch))

    @rule(hours=st.sampled_from([1, 12, 24]))
    def wait(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)

    @rule(query=st.sampled_from(DOCUMENTS), first=st.sampled_from([0, 1]))
    def ask(self, query: str, first: int) -> None:
        async def asking() -> None:
            truth = await get(self.plain, query)
            for client in (self.gateways[first], self.gateways[1 - first]):
                response = await get(client, query, *list(self.copies)[-100:])
                await self._compare(response, truth)
                if "etag" in response.headers:
                    again = await get(client, query, response.headers["etag"])
                    assert again.status_code == 304

        self.runner.run(asking())

    async def _compare(self, response: httpx.Response, truth: httpx.Response) -> None:
        etag = response.headers.get("etag")
        if response.status_code == 304:
            assert self.copies[etag] == truth.content
        else:
            assert response.content == truth.content
        assert (etag is None) == ("errors" in truth.json())
        assert response.headers["cache-control"] == (PRIVATE if etag is None else PUBLIC)
        if etag is not None:
            assert self.copies.setdefault(etag, truth.content) == truth.content


def test_no_copy_is_stale_or_foreign_whatever_is_written(database_url: str) -> None:
    clock = Clock()

    async def opened() -> tuple[AsyncExitStack, Database, list[httpx.AsyncClient]]:
        stack = AsyncExitStack()
        writer = await stack.enter_async_context(open_database(database_url))
        await writer.migrate()
        clients = [
            await stack.enter_async_context(
                gateway(clock, database_url=database_url, cache_bytes=size)
            )
            for size in (1_000_000, 0, 0)
        ]
        return stack, writer, clients

    with asyncio.Runner() as runner:
        stack, writer, (*gateways, plain) = runner.run(opened())
        these = {
            "runner": runner,
            "writer": writer,
            "gateways": gateways,
            "plain": plain,
            "clock": clock,
            "copies": {},
        }
        run_state_machine_as_test(
            type("TheseCopies", (Copies,), these),
            settings=settings(
                max_examples=examples(20),
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(stack.aclose())


async def test_over_http_a_group_that_turns_private_is_private_at_once(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        url = server.url
        async with (
            open_database(f"sqlite:///{tmp_path}/served.db") as database,
            httpx.AsyncClient() as client,
        ):
            await database.write(entries(**DIRECTORY))

            async def ask(method: str = "GET", **headers: str) -> httpx.Response:
                return await client.request(method, url, params={"query": GROUP}, headers=headers)

            first = await ask()
            etag = first.headers["etag"]
            again = await ask(**{"if-none-match": f'W/{etag}, "other"'})
            await database.write(_visible(stats_visibility="private_agg_only", private=True))
            hidden = await ask(**{"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert hidden.status_code == 200
    assert hidden.json()["data"] == {"userGroup": None}
    assert hidden.headers["cache-control"] == PRIVATE
    assert "etag" not in hidden.headers
