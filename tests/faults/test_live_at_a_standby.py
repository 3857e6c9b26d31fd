"""Streams at a gateway of a hot standby, while all is written at the primary."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from gateway.auth.keys import KeyPair
from gateway.auth.tokens import issue_token
from tests.conftest import administer
from tests.faults.conftest import Site, prepare
from tests.faults.follower import Follower
from tests.faults.storing import status_of_storing, stored
from tests.graphql.live.leftovers import until
from tests.graphql.live.reading import total
from tests.postgres import running_postgres, running_standby
from tests.server import DEADLINE_SECONDS
from tests.stream_events import classification

GROUP = "subscription { live { userGroup(id: 501) { classifications { totalCount } } } }"
HIDDEN = {"live": {"userGroup": {"classifications": None}}}
LIVE = {"STATS_GATEWAY_LIVE_SECONDS": "0.1", "STATS_GATEWAY_HEARTBEAT_SECONDS": "0.2"}


class Replicated(NamedTuple):
    """The commands and gateways of a primary, which has no tables yet, and those of its standby."""

    folder: Path
    primary: Site
    standby: Site

    def run(self, *arguments: str) -> str:
        """What a command prints that is run at the primary and succeeds."""
        status, printed = self.primary.run(*arguments)
        assert status == 0, printed
        return printed

    def load(self, **directory: Sequence[Mapping[str, object]]) -> None:
        """Have these entries in the primary's directory."""
        file = self.folder / "directory.json"
        file.write_text(json.dumps(directory))
        self.run("directory", "load", str(file))

    def ingest(self, *event_ids: int) -> None:
        """Have the primary count these classifications of the group, in a process of its own."""
        file = self.folder / "events.ndjson"
        file.write_text("".join(json.dumps(event(one)) + "\n" for one in event_ids))
        self.run("import", str(file))

    async def catch_up(self) -> None:
        """Wait until the standby has all that was written so far."""
        written = await asked(self.primary, "SELECT pg_current_wal_lsn()::text")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                if await asked(self.standby, replayed):
                    return
                await asyncio.sleep(0.02)


async def asked(site: Site, question: str) -> Any:
    """The only value of the answer of the site's database."""
    connection = await asyncpg.connect(site.database_url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def event(event_id: int) -> dict[str, Any]:
    created = "2024-02-29T12:00:00.000Z"
    return classification(event_id, created, project=1, workflow=1, user=7, groups=[501])


@pytest.fixture
def replicated(tmp_path: Path, keys: KeyPair) -> Iterator[Replicated]:
    with running_postgres() as primary, running_standby(primary) as standby:
        one, other = (Site(tmp_path, server.get_uri(), keys) for server in (primary, standby))
        yield Replicated(tmp_path, one, other)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None, keepalive_expiry=1)
    async with httpx.AsyncClient(timeout=None, limits=limits) as opened:
        yield opened


def token(keys: KeyPair, user_id: int) -> str:
    expires = datetime.now(UTC) + timedelta(hours=1)
    return issue_token(keys.private.read_bytes(), user_id, f"u{user_id}", "U", False, expires)


def counted(number: int) -> dict[str, Any]:
    """The frame of a group with so many classifications."""
    return {"data": {"live": {"userGroup": {"classifications": {"totalCount": number}}}}}


def group(visibility: str) -> dict[str, object]:
    return {"id": 501, "stats_visibility": visibility}


async def test_streams_at_a_hot_standby_follow_what_the_primary_counts(
    replicated: Replicated, client: httpx.AsyncClient
) -> None:
    await prepare(replicated.primary.database_url)
    await replicated.catch_up()
    with replicated.primary.gateway(**LIVE) as writing, replicated.standby.gateway(**LIVE) as read:
        followers = [Follower(client, server.url) for server in (read, read, writing)]
        await until(lambda: all(one.last == 0 for one in followers))
        await asyncio.to_thread(replicated.ingest, 1, 2)
        await until(lambda: all(one.last == 2 for one in followers))
        assert await status_of_storing(client, writing, 3) == 204
        await until(lambda: all(one.last == 3 for one in followers))
        assert await status_of_storing(client, read, 4) == 503

        await asyncio.to_thread(writing.stop)
        await followers.pop().end()
        await administer(replicated.standby.database_url, "SELECT pg_promote()")
        async with asyncio.timeout(DEADLINE_SECONDS):
            await stored(client, read, 4)
        await until(lambda: all(one.last == 4 for one in followers))
        for one in followers:
            assert [total(frame) for frame in one.frames] == [0, 2, 3, 4]
            await one.stop()
        assert "Traceback" not in read.log.read_text()


async def test_rights_and_credentials_that_end_at_the_primary_end_at_the_standby(
    replicated: Replicated, client: httpx.AsyncClient, keys: KeyPair
) -> None:
    await prepare(replicated.primary.database_url)
    member = {"user_id": 8, "user_group_id": 501, "state": "active", "roles": ["group_member"]}
    replicated.load(user_groups=[group("public_show_all")], memberships=[member])
    created = replicated.run("apikey", "create", "--name", "report", "--scope", "stats:read")
    key = created.split()[0]
    replicated.ingest(1)
    await replicated.catch_up()
    with replicated.standby.gateway(**LIVE) as server:
        anyone, insider, volunteer, program = (
            Follower(client, server.url, GROUP, credential)
            for credential in (None, token(keys, 8), token(keys, 7), key)
        )
        everyone = (anyone, insider, volunteer, program)
        await until(lambda: all(one.frames for one in everyone))
        shown = counted(1)
        assert all(one.frames == [shown] for one in everyone)

        await asyncio.to_thread(replicated.load, user_groups=[group("private_agg_only")])
        await until(lambda: all(len(one.frames) == 2 for one in (anyone, volunteer)))
        assert [one.frames[1]["data"] for one in (anyone, volunteer)] == [HIDDEN, HIDDEN]
        assert (anyone.codes, volunteer.codes) == (["UNAUTHENTICATED"], ["FORBIDDEN"])
        await asyncio.to_thread(replicated.load, user_groups=[group("public_show_all")])
        await until(lambda: all(len(one.frames) == 3 for one in (anyone, volunteer)))
        assert (anyone.frames[2], volunteer.frames[2]) == (shown, shown)

        await asyncio.to_thread(replicated.run, "apikey", "revoke", "report")
        await asyncio.wait_for(program.end(), DEADLINE_SECONDS)
        await asyncio.to_thread(replicated.run, "users", "forget", "7")
        await asyncio.wait_for(volunteer.end(), DEADLINE_SECONDS)
        assert (program.codes, volunteer.codes) == (["UNAUTHENTICATED"], ["UNAUTHENTICATED"])
        # What the volunteer has done does not count to the group any more.
        await until(lambda: len(insider.frames) == 2)
        assert insider.frames == [shown, counted(0)]
        assert program.frames[:-1] == [shown]
        for one in (anyone, insider):
            await one.stop()
        server.wait_until_said("The time at which API keys were last used was not stored")
        assert "Traceback" not in server.log.read_text()


async def test_a_standby_is_served_once_the_primary_has_the_tables(replicated: Replicated) -> None:
    status, printed = await asyncio.to_thread(replicated.standby.run, "serve", "--port", "0")
    assert (status, "(DATABASE_READ_ONLY)" in printed) == (1, True)
    await asyncio.to_thread(replicated.run, "db", "upgrade")
    await replicated.catch_up()
    with replicated.standby.gateway() as server:
        assert "Traceback" not in server.log.read_text()
