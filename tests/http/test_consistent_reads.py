"""Consistency tokens where one server answers all."""

from __future__ import annotations

import asyncpg
import httpx

from gateway.app import create_app
from gateway.settings import Settings
from tests.graphql.live.reading import STREAM
from tests.stream_events import classification

TOKEN = "consistency-token"
ASKED = {"query": "{ classifications { totalCount } }"}


async def test_a_token_is_not_ahead_of_a_log_that_cannot_be_read(postgres_url: str) -> None:
    username, password = STREAM
    app = create_app(
        Settings(database_url=postgres_url, stream_username=username, stream_password=password)
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            payload = [classification(1, "2024-02-29T12:00:00.000Z", project=1, workflow=1)]
            stored = await client.post("/kinesis", json={"payload": payload}, auth=STREAM)
            locking = await asyncpg.connect(postgres_url)
            try:
                await locking.execute("BEGIN; LOCK change_log IN ACCESS EXCLUSIVE MODE")
                headers = {TOKEN: stored.headers[TOKEN]}
                unread = await client.post("/graphql", json=ASKED, headers=headers)
            finally:
                await locking.close()
            assert unread.json()["data"] == {"classifications": {"totalCount": 1}}
            assert "consistency" not in unread.headers
            counts = app.state.services.consistent_reads.counts
            assert {result: n for result, n in counts.items() if n} == {"primary": 1}
