"""The version before goes on beside this one, over the tables that this one has upgraded."""

from __future__ import annotations

import asyncio
import random
import subprocess
from pathlib import Path

import pytest

from benchmarks.sources import extracted
from gateway.auth.keys import KeyPair
from gateway.db import open_database
from gateway.db.migrate import Upgrade
from gateway.db.readiness import newest_migration
from tests.faults.conftest import Site, prepare
from tests.faults.stream import Delivery, in_batches, make_events

#: The last commit before standbys could be read from, and its newest migration.
BEFORE = "8c7105a"
ITS_MIGRATION = "0017"


@pytest.fixture(scope="module")
def version_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sources of the version before."""
    try:
        return extracted(BEFORE, tmp_path_factory.mktemp("before"))
    except subprocess.CalledProcessError:
        pytest.skip(f"This checkout has no history back to {BEFORE}.")


@pytest.mark.empty_database
def test_the_version_before_goes_on_beside_this_one(
    tmp_path: Path, database_url: str, keys: KeyPair, version_before: Path
) -> None:
    site = Site(tmp_path, database_url, keys)
    events = make_events(random.Random(17), 1200)
    parts = [in_batches(events[start::4], 30) for start in range(4)]
    before = {"PYTHONPATH": str(version_before)}
    with site.gateway(**before) as old:
        Delivery(old.url, parts[0]).finish()
        assert asyncio.run(upgraded(database_url)) == Upgrade(ITS_MIGRATION, newest_migration())
        asyncio.run(prepare(database_url))
        with site.gateway() as new:
            deliveries = [Delivery(old.url, parts[1]), Delivery(new.url, parts[2])]
            for delivery in deliveries:
                delivery.finish()
            # Whoever keeps the old one running may start it again.
            with site.gateway(**before) as again:
                Delivery(again.url, parts[3]).finish()
                site.check(events, old, new, again)
            old.wait_until_ready()
            new.wait_until_ready()


async def upgraded(url: str) -> Upgrade:
    async with open_database(url) as database:
        return await database.migrate()
