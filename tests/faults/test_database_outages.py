"""A database that goes away, or is busy for long, while events arrive."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from gateway.auth.keys import KeyPair
from tests.faults.conftest import OwnPostgres, Site, prepare
from tests.faults.stream import Delivery, Stream, in_batches, make_events


def test_a_database_server_that_crashes_under_load_loses_and_doubles_nothing(
    own_postgres: OwnPostgres, tmp_path: Path, keys: KeyPair
) -> None:
    asyncio.run(prepare(own_postgres.url))
    site = Site(tmp_path, own_postgres.url, keys)
    stream = Stream(random.Random(3), range(1, 3001), 25)
    with site.gateway() as server:
        delivery = Delivery(server.url, stream)
        for _ in range(2):
            delivery.wait_for(delivery.acknowledged + 50)
            unharmed = len(delivery.failures)
            own_postgres.crash()
            delivery.wait_until(lambda unharmed=unharmed: len(delivery.failures) > unharmed)
            own_postgres.start()
        delivery.wait_for(delivery.acknowledged + 50)
        stream.stop()
        delivery.finish()
        site.check(stream.sent, server)
        assert server.process.poll() is None
    assert set(delivery.failures) == {"503"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_another_program_holds_is_waited_for_and_then_written(site: Site) -> None:
    events = make_events(random.Random(4), 1500)
    batches = in_batches(events, 25)
    with site.gateway(STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS="1") as server:
        Delivery(server.url, batches[:20]).finish()
        other = sqlite3.connect(site.database_url.removeprefix("sqlite:///"))
        other.execute("BEGIN IMMEDIATE")
        delivery = Delivery(server.url, batches[20:])
        delivery.wait_until(lambda: len(delivery.failures) >= 3)
        while_held = delivery.acknowledged
        other.execute("ROLLBACK")
        other.close()
        delivery.finish()
        site.check(events, server)
    assert while_held == 0
    assert set(delivery.failures) == {"503"}
