"""A rebuild of broken rollups while events arrive, killed and run again."""

from __future__ import annotations

import asyncio
import random
import signal

from sqlalchemy import Connection

from gateway.db import open_database
from gateway.db.rollup_sets import GROUP_MEMBER, SETS, SITE, USER
from tests.faults.conftest import Site
from tests.faults.stream import Delivery, Stream

#: The last is so near the end that the rebuild may be done before it is dead.
KILLED_AT_SETS = (1, 6, len(SETS))


def spoil(connection: Connection) -> None:
    """Lose one rollup whole and half of another, and add to a third what nobody did."""
    connection.execute(USER.table.delete())
    connection.execute(GROUP_MEMBER.table.delete().where(GROUP_MEMBER.table.c.user_id > 6))
    connection.execute(SITE.table.update().values(n=SITE.table.c.n + 1))


async def spoil_rollups(database_url: str) -> None:
    async with open_database(database_url) as database:
        await database.write(spoil)


def killed_rebuild(site: Site, at_set: int) -> int:
    """Kill a rebuild when it begins with that set, counted from 1; returns its exit status."""
    with site.start("rebuild") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if f"({at_set} of {len(SETS)})" in line:
                process.kill()
    return process.returncode


def test_a_rebuild_during_ingestion_may_be_killed_and_run_again(site: Site) -> None:
    stream = Stream(random.Random(5), range(1, 3001), 10, pause_seconds=0.01)
    with site.gateway() as server:
        delivery = Delivery(server.url, stream)
        delivery.wait_for(100)
        asyncio.run(spoil_rollups(site.database_url))
        status, printed = site.run("verify")
        assert status == 1
        assert all(f"{spoilt.name}: " in printed for spoilt in (SITE, USER, GROUP_MEMBER))
        killed = []
        for at_set in KILLED_AT_SETS:
            killed.append(killed_rebuild(site, at_set))
            asyncio.run(spoil_rollups(site.database_url))
        assert -signal.SIGKILL in killed
        before = delivery.acknowledged
        status, printed = site.run("rebuild")
        assert status == 0, printed
        delivery.wait_for(before + 1)
        stream.stop()
        delivery.finish()
        assert delivery.failures == []
        site.check(stream.sent, server)
