"""Reading from standbys of real servers: lag, outages, recovery conflicts."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import case, func, select

from gateway.db.configuration import configured_databases
from gateway.db.database import SnapshotLost
from gateway.db.postgres_snapshot import PostgresSnapshot
from gateway.db.server_checks import ServerChecks
from gateway.db.tables import project
from gateway.settings import Settings
from tests.postgres import start_again, stop_at_once
from tests.replicas.conftest import Cluster, OpenGateway, asked, lines, until

_projects = select(func.count(project.c.id)).scalar_subquery()
_IS_STANDBY = select(func.pg_is_in_recovery(), _projects)
#: Takes as long as it may at a standby, and no time at the primary.
_SLOW = select(func.pg_sleep(case((func.pg_is_in_recovery(), 100), else_=0)), _projects)


async def test_a_standby_that_lags_is_left_and_gone_back_to(
    cluster: Cluster, gateway_of: OpenGateway, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = cluster.standby_urls
    async with gateway_of(cluster.url, (one, two), read_lag_seconds=5) as gateway:
        seconds = 0.0
        gateway.checks._clock = lambda: seconds
        assert (await gateway.store(1001, project=1)).status_code == 204
        await cluster.caught_up()
        assert (await gateway.total(1), gateway.role) == (1, "standby")
        ready = (await gateway.client.get("/readyz")).json()
        assert ready == {"status": "ready", "role": "standby", "lag_seconds": 0.0}
        writes = (await gateway.client.get("/readyz?for=writes")).json()
        assert writes == {"status": "ready", "role": "primary", "lag_seconds": 0.0}
        async with cluster.paused(one):
            # Nothing is written: however late it gets, this is no lag.
            seconds += 1000
            await gateway.checks.check()
            assert lines(caplog) == []
            assert (await gateway.store(1002, project=1)).status_code == 204
            await cluster.caught_up(two)
            await gateway.checks.check()
            assert await gateway.total(1) == 1
            seconds += 4
            await gateway.checks.check()
            assert await gateway.total(1) == 1
            seconds += 2
            await gateway.checks.check()
            assert await gateway.total(1) == 2
        await cluster.caught_up()
        for _ in range(3):
            await gateway.checks.check()
        assert await gateway.total(1) == 2
        said = lines(caplog)
        assert len(said) == 2
        assert " lags by " in said[0]
        assert said[1].endswith(": it is well again.")


async def test_reads_go_on_without_the_primary_and_without_a_standby(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    async with gateway_of(cluster.url, cluster.standby_urls) as gateway:
        assert (await gateway.store(2001, 2002, project=2)).status_code == 204
        await cluster.caught_up()
        counts: list[int] = []
        over = asyncio.Event()

        async def keep_asking() -> None:
            while not over.is_set():
                counts.append(await gateway.total(2))
                await asyncio.sleep(0.01)

        asking = [asyncio.create_task(keep_asking()) for _ in range(3)]
        try:
            await asyncio.to_thread(stop_at_once, cluster.primary)
            assert (await gateway.store(2003, project=2)).status_code == 503
            await asyncio.to_thread(stop_at_once, cluster.standbys[0])
            seen = len(counts)

            async def have_gone_on() -> bool:
                return len(counts) >= seen + 20

            await until(have_gone_on)
            ready = await gateway.client.get("/readyz")
            assert (ready.status_code, ready.json()["role"]) == (200, "standby")
            writes = await gateway.client.get("/readyz?for=writes")
            assert writes.status_code == 503
        finally:
            over.set()
            await asyncio.to_thread(start_again, cluster.primary)
            await asyncio.to_thread(start_again, cluster.standbys[0])
            await asyncio.gather(*asking)
        assert set(counts) == {2}

        async def is_stored() -> bool:
            return (await gateway.store(2003, project=2)).status_code == 204

        await until(is_stored)
        await cluster.caught_up()


async def test_a_gateway_starts_while_the_primary_is_away(
    cluster: Cluster, gateway_of: OpenGateway
) -> None:
    await asyncio.to_thread(stop_at_once, cluster.primary)
    try:
        async with gateway_of(cluster.url, cluster.standby_urls) as gateway:
            assert (await gateway.client.get("/readyz")).status_code == 200
            nobody = (await gateway.ask(3_000_000)).json()
            assert nobody["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    finally:
        await asyncio.to_thread(start_again, cluster.primary)
    await cluster.caught_up()


async def test_a_statement_that_a_standby_cancels_is_run_at_the_primary(cluster: Cluster) -> None:
    settings = Settings(database_url=cluster.url, read_database_urls=" ".join(cluster.standby_urls))
    database, live, checks = configured_databases(settings)
    assert isinstance(checks, ServerChecks)
    async with database, live:
        async with database.read() as snapshot:
            running = asyncio.create_task(snapshot.fetch(_SLOW))
            sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

            async def is_under_way() -> bool:
                return any([await asked(url, sleeping) for url in cluster.standby_urls])

            await until(is_under_way)
            await conflict(cluster)
            assert len(await running) == 1
            assert (await snapshot.fetch(_IS_STANDBY))[0][0] is False
        async with database.read() as snapshot:
            assert (await snapshot.fetch(_IS_STANDBY))[0][0] is True
            await conflict(cluster)
            await cluster.caught_up()
            # What was read before is of another state than the primary's.
            for _ in range(2):
                with pytest.raises(SnapshotLost):
                    await snapshot.fetch(_IS_STANDBY)
        async with database.read(at_primary=True) as snapshot:
            assert (await snapshot.fetch(_IS_STANDBY))[0][0] is False
            assert not snapshot.fell_back


async def test_a_query_whose_snapshot_is_lost_is_executed_anew(
    cluster: Cluster, gateway_of: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conflict is a real one; the test says only when it comes."""
    fetch, lost = PostgresSnapshot._fetch, []

    async def fetched(snapshot: PostgresSnapshot, runs: Any) -> Any:
        if snapshot._has_read and not lost:
            lost.append(snapshot)
            await conflict(cluster)
            await cluster.caught_up()
        return await fetch(snapshot, runs)

    async with gateway_of(cluster.url, cluster.standby_urls) as gateway:
        assert (await gateway.store(4001, 4002, project=4)).status_code == 204
        await cluster.caught_up()
        monkeypatch.setattr(PostgresSnapshot, "_fetch", fetched)
        assert await gateway.total(4) == 2
        assert len(lost) == 1
        assert gateway.role == "standby"


async def conflict(cluster: Cluster) -> None:
    """Let the standbys replay what nobody may read beside."""
    connection = await asyncpg.connect(cluster.url)
    try:
        await connection.execute("BEGIN; LOCK TABLE project IN ACCESS EXCLUSIVE MODE; COMMIT")
    finally:
        await connection.close()
