"""A rebuild of broken rollups while events arrive, killed and run again."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection

from gateway.db import open_database
from gateway.db.rollup_sets import GROUP_MEMBER, SETS, SITE, USER
from tests.faults.conftest import Site, free_port
from tests.faults.stream import Delivery, event_stream
from tests.stream_events import Event

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
    rng = random.Random(5)
    stream = event_stream(rng, 3000)
    sent: list[Event] = []
    rebuilt = threading.Event()

    def batches() -> Iterator[list[Event]]:
        while not rebuilt.is_set():
            batch = list(islice(stream, 10))
            sent.extend(batch)
            yield batch
            time.sleep(0.01)

    with site.gateway(free_port()) as server:
        delivery = Delivery(server.url, batches())
        delivery.wait_for(100)
        asyncio.run(spoil_rollups(site.database_url))
        status, printed = site.run("verify")
        assert status == 1
        assert all(f"{spoilt.name}: " in printed for spoilt in (SITE, USER, GROUP_MEMBER))
        killed = [killed_rebuild(site, at_set) for at_set in KILLED_AT_SETS]
        assert killed[0] == -signal.SIGKILL
        before = delivery.acknowledged
        status, printed = site.run("rebuild")
        assert status == 0, printed
        assert delivery.acknowledged > before
        rebuilt.set()
        delivery.finish()
        assert delivery.failures == []
        site.check(sent, server)
