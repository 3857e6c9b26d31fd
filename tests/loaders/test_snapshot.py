"""One operation reads one state: its parts add up, also while events are being committed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.db import Database, open_database
from gateway.directory.load import load_directory
from tests.asking import answer
from tests.events_of import classification, store

READS = 25

STATS = """totalCount timeSpent
    buckets(period: DAY) { count timeSpent }
    months: buckets(period: MONTH) { count timeSpent }"""
WHOLE = f"""{{
    site: classifications {{ {STATS} }}
    userGroup(id: 501) {{ classifications {{
        {STATS}
        activeUsers
        projectContributions {{ count timeSpent }}
        memberBreakdown(first: 100) {{
            totalCount nodes {{ count timeSpent projectContributions {{ count timeSpent }} }}
        }}
    }} }}
    user(id: 1) {{ classifications {{ {STATS} projectContributions {{ count timeSpent }} }} }}
}}"""

WRITER = """
import asyncio, sys
from itertools import count
from gateway.db import open_database
from tests.events_of import store
from tests.loaders.test_snapshot import batch

async def main():
    async with open_database(sys.argv[1]) as database:
        for number in count():
            await store(database, *batch(number))

asyncio.run(main())
"""


def batch(number: int) -> list[Any]:
    """New events and replacements of earlier ones, over several days, users and projects."""
    return [
        classification(
            event_id,
            f"2024-0{1 + (event_id + number) % 3}-{10 + event_id % 9}T12:00",
            user=1 + (event_id + number) % 3,
            project=11 + (event_id * number) % 4,
            session_ms=125 * (number % 40),
            groups=(501,) if (event_id + number) % 5 else (),
        )
        for event_id in range(1 + 3 * number, 31 + 3 * number)
    ]


@pytest.fixture
async def filled(database: Database) -> Database:
    def load(connection: Connection) -> None:
        groups = [{"id": 501, "name": "g", "stats_visibility": "public_show_all"}]
        load_directory(connection, {"users": [{"id": 1}], "user_groups": groups})

    await database.write(load)
    await store(database, *batch(0))
    return database


def added(rows: list[dict[str, Any]]) -> tuple[int, float]:
    """Sessions are whole eighths of a second, so that sums are exact in any order."""
    return sum(row["count"] for row in rows), sum(row["timeSpent"] for row in rows)


def check(whole: dict[str, Any]) -> int:
    """Every total equals the sum of its parts; returns the site's total."""
    group = whole["userGroup"]["classifications"]
    user = whole["user"]["classifications"]
    for stats in (whole["site"], group, user):
        total = stats["totalCount"], stats["timeSpent"]
        assert added(stats["buckets"]) == total
        assert added(stats["months"]) == total
    for stats in (group, user):
        total = stats["totalCount"], stats["timeSpent"]
        assert added(stats["projectContributions"]) == total
    members = group["memberBreakdown"]["nodes"]
    assert added(members) == (group["totalCount"], group["timeSpent"])
    assert len(members) == group["memberBreakdown"]["totalCount"] == group["activeUsers"]
    for member in members:
        assert added(member["projectContributions"]) == (member["count"], member["timeSpent"])
    return int(whole["site"]["totalCount"])


async def totals_that_grow(database: Database) -> list[int]:
    """The site's total of so many operations, and of more until something was committed."""
    totals: list[int] = []
    async with asyncio.timeout(120):
        while len(totals) < READS or len(set(totals)) < 2:
            totals.append(check(await answer(database, WHOLE)))
    return totals


async def test_parts_add_up_while_a_task_commits(filled: Database) -> None:
    number, stopped = 0, False

    async def write() -> None:
        nonlocal number
        while not stopped:
            number += 1
            await store(filled, *batch(number))

    writing = asyncio.create_task(write())
    totals = await totals_that_grow(filled)
    stopped = True
    await writing
    assert totals == sorted(totals)


@pytest.fixture
async def writer(filled: Database, database_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that commits batch after batch."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, database_url, stderr=asyncio.subprocess.PIPE
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_parts_add_up_while_another_process_commits(
    filled: Database, writer: asyncio.subprocess.Process
) -> None:
    async with asyncio.timeout(120):
        while check(await answer(filled, WHOLE)) == len(batch(0)):
            # The other process is still starting.
            assert writer.returncode is None, (await writer.communicate())[1].decode()
    totals = await totals_that_grow(filled)
    assert writer.returncode is None
    assert totals == sorted(totals)


async def test_operations_at_once_see_one_state_each(filled: Database, database_url: str) -> None:
    async with open_database(database_url) as other:

        async def write() -> None:
            for number in range(1, 16):
                await store(other, *batch(number))

        async def read() -> int:
            return check(await answer(filled, WHOLE))

        async with asyncio.timeout(120):
            *totals, _ = await asyncio.gather(*(read() for _ in range(READS)), write())
    assert min(totals) >= len(batch(0))
