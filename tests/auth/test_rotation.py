"""Keys are replaced under a real server that is being asked all the time."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.auth.conftest import Pair
from tests.auth.issuer import entry, running_issuer
from tests.auth.signing import payload, signed
from tests.auth.waiting import DEADLINE_SECONDS, until
from tests.server import serving

QUERY = {"query": "{ me { id } }"}
CLIENTS = 8


class Load:
    """Clients that ask again and again with the token of the moment; ``statuses`` counts."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self.token = token
        self.statuses: Counter[int] = Counter()
        self._client = client
        self._url = url

    async def ask(self, token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return (await self._client.post(self._url, json=QUERY, headers=headers)).status_code

    async def ask_forever(self) -> None:
        while True:
            self.statuses[await self.ask(self.token)] += 1

    async def go_on_for(self, answers: int) -> None:
        goal = self.statuses.total() + answers
        await until(lambda: self.statuses.total() >= goal)

    async def go_on_until_refused(self, token: str) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                if await self.ask(token) != 200:
                    return
                await asyncio.sleep(0.1)


@asynccontextmanager
async def load(url: str, token: str) -> AsyncIterator[Load]:
    async with httpx.AsyncClient(timeout=60) as client, asyncio.TaskGroup() as group:
        running = Load(client, url, token)
        tasks = [group.create_task(running.ask_forever()) for _ in range(CLIENTS)]
        yield running
        for task in tasks:
            task.cancel()


def replace(path: Path, *pairs: Pair) -> None:
    fresh = path.with_suffix(".next")
    fresh.write_bytes(b"".join(pair.public_pem for pair in pairs))
    os.replace(fresh, path)


async def test_new_key_files_are_noticed_without_refusing_a_good_token(
    tmp_path: Path, ours: Pair, older: Pair, foreign: Pair
) -> None:
    path = tmp_path / "public.pem"
    replace(path, older)
    old, new = signed(older, payload()), signed(ours, payload())
    with serving(tmp_path, STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=str(path)) as server:
        async with load(server.url, old) as running:
            await running.go_on_for(50)
            replace(path, older, ours)
            running.token = new
            await running.go_on_for(200)
            assert await running.ask(old) == 200

            replace(path, ours)
            await running.go_on_until_refused(old)
            assert await running.ask(signed(foreign, payload())) == 401

            path.write_text("half a file")
            broken = "does not hold a complete public key in PEM format"
            await until(lambda: broken in server.log.read_text())
            await running.go_on_for(50)
        assert list(running.statuses) == [200]


async def test_a_new_key_of_a_set_is_noticed_without_refusing_a_good_token(
    tmp_path: Path, ours: Pair, older: Pair, foreign: Pair
) -> None:
    old, new = (signed(older, payload(), kid="old"), signed(ours, payload(), kid="new"))
    with running_issuer() as issuer:
        issuer.publish(entry(older, kid="old"))
        with serving(tmp_path, STATS_GATEWAY_JWT_JWKS_URL=issuer.url) as server:
            async with load(server.url, old) as running:
                await running.go_on_for(50)
                assert issuer.fetches == 1
                issuer.publish(entry(older, kid="old"), entry(ours, kid="new"))
                running.token = new
                await running.go_on_for(200)
                assert await running.ask(old) == 200
                assert issuer.fetches == 2

                issuer.status, issuer.body = 500, b""
                began = time.monotonic()
                unknown = [signed(foreign, payload(), kid=str(number)) for number in range(20)]
                assert {await running.ask(token) for token in unknown} == {401}
                await running.go_on_for(50)
                # One for all of them, and one more for every ten seconds that they took.
                assert issuer.fetches <= 3 + (time.monotonic() - began) // 10
            assert list(running.statuses) == [200]
