"""Statements of a gateway that wait on PostgreSQL, as its administrator sees them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url

from tests.server import DEADLINE_SECONDS


@asynccontextmanager
async def administrator(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the tests' own to the database."""
    dsn = make_url(url)
    host = dsn.query.get("host", dsn.host)
    connection = await asyncpg.connect(
        host=host, port=dsn.port, user=dsn.username, password=dsn.password, database=dsn.database
    )
    try:
        yield connection
    finally:
        await connection.close()


async def until_waiting(admin: asyncpg.Connection, many: int) -> None:
    """Wait until so many statements of others wait for a lock."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE_SECONDS
    waiting = -1
    while waiting != many and loop.time() < deadline:
        await asyncio.sleep(0.02)
        # A transaction sees none of the connections that were opened since it first looked.
        await admin.execute("SELECT pg_stat_clear_snapshot()")
        waiting = await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
    assert waiting == many
