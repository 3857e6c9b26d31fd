"""Operations of one request may read several states: the oldest tells whether one went back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url

from tests.conftest import administer
from tests.graphql.live.reading import STREAM
from tests.replicas.conftest import Cluster, OpenGateway, until_asked
from tests.replicas.doors import CONSISTENCY, TOKEN
from tests.stream_events import comment

CREATED = "2024-02-29T12:00:00.000Z"
NUMBER = 36
_LOCKED = "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation'"
_OURS = "SELECT FROM pg_stat_activity WHERE application_name = 'stats-gateway'"


async def test_what_is_read_from_an_older_standby_after_a_move_is_read_from_the_primary(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    """The first standby has what was seen, and reads move to the second before all is read."""
    number, other = 38, cluster.standby_urls[1]
    batch = [
        {"query": f"{{project(id:{number}){{{kind}{{totalCount}}}}}}"}
        for kind in ("classifications", "comments")
    ]
    async with gateway_of(
        cluster.url, cluster.standby_urls, read_lag_seconds=3600, batch_limit=2
    ) as gateway:
        await gateway.store(3800, project=number)
        await cluster.caught_up()
        async with cluster.paused(other):
            posts = [comment(3801, CREATED, user_id=1, project_id=number)]
            stored = await gateway.client.post("/kinesis", json={"payload": posts}, auth=STREAM)
            token = {TOKEN: stored.headers[TOKEN]}
            locking = await asyncpg.connect(cluster.url)
            try:
                await locking.execute("BEGIN; LOCK project_rollup IN ACCESS EXCLUSIVE MODE")
                # A standby takes the same lock, once it hears of it.
                await until_asked(cluster.standby_urls[0], f"SELECT EXISTS ({_LOCKED})")
                asking = asyncio.create_task(
                    gateway.client.post("/graphql", json=batch, headers=token)
                )
                await until_asked(
                    cluster.standby_urls[0], f"SELECT EXISTS ({_OURS} AND wait_event_type = 'Lock')"
                )
                servers = gateway.services.database.read_servers
                assert servers is not None
                servers.failed(0)
                assert servers.current == 1
            finally:
                await locking.close()
            answer = await asking
        first, second = (one["data"]["project"] for one in answer.json())
        assert first == {"classifications": {"totalCount": 1}}
        assert second == {"comments": {"totalCount": 1}}
        assert CONSISTENCY not in answer.headers


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """Let a server end all connections of gateways with its database, and take none meanwhile."""
    database = make_url(url).database
    other = make_url(url).set(database="template1").render_as_string(hide_password=False)
    allowing = f"ALTER DATABASE {database} ALLOW_CONNECTIONS"
    ending = _OURS.replace("SELECT", "SELECT pg_terminate_backend(pid)", 1)
    try:
        await administer(other, f"{allowing} false", ending)
        yield
    finally:
        await administer(other, f"{allowing} true")


async def test_an_operation_that_is_read_behind_another_says_that_it_may_be_older(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    """The first is read from the primary, which goes away in the midst of the second."""
    batch = [
        {"query": f"{{project(id:{NUMBER}){{{kind}{{totalCount}}}}}}"}
        for kind in ("classifications", "comments")
    ]
    async with gateway_of(
        cluster.url, cluster.standby_urls, read_lag_seconds=3600, batch_limit=2
    ) as gateway:
        await gateway.store(3600, project=NUMBER)
        await cluster.caught_up()
        async with cluster.paused(cluster.standby_urls[0]):
            posts = [comment(3601, CREATED, user_id=1, project_id=NUMBER)]
            stored = await gateway.client.post("/kinesis", json={"payload": posts}, auth=STREAM)
            token = {TOKEN: stored.headers[TOKEN]}
            locking = await asyncpg.connect(cluster.url)
            try:
                await locking.execute("BEGIN; LOCK project_comment_rollup IN ACCESS EXCLUSIVE MODE")
                asking = asyncio.create_task(
                    gateway.client.post("/graphql", json=batch, headers=token)
                )
                await until_asked(
                    cluster.url, f"SELECT EXISTS ({_OURS} AND wait_event_type = 'Lock')"
                )
                async with away(cluster.url):
                    answer = await asking
            finally:
                await locking.close()
        first, second = (one["data"]["project"] for one in answer.json())
        assert first == {"classifications": {"totalCount": 1}}
        assert second == {"comments": {"totalCount": 0}}
        assert answer.headers[CONSISTENCY] == "eventual"
