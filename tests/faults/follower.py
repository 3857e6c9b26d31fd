"""Who follows a subscription of a served gateway, as an event stream."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx

from tests.graphql.live.reading import EVENTS, TOTAL, total


class Follower:
    """Follows the total, or another query, until it is stopped; ``token`` is what it sends."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, query: str = TOTAL, token: str | None = None
    ) -> None:
        self.frames: list[Any] = []
        self.heartbeats = 0
        self._headers = {"accept": EVENTS}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._following = asyncio.create_task(self._follow(client, url, query))

    async def _follow(self, client: httpx.AsyncClient, url: str, query: str) -> None:
        asked = {"query": query}
        async with client.stream("POST", url, json=asked, headers=self._headers) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    self.frames.append(json.loads(line.removeprefix("data: ")))
                elif line == ":":
                    self.heartbeats += 1

    @property
    def last(self) -> int | None:
        """The total that it shows."""
        assert not self._following.done()
        return total(self.frames[-1]) if self.frames else None

    @property
    def codes(self) -> list[str]:
        """The codes of the errors of its newest frame."""
        errors = self.frames[-1].get("errors", []) if self.frames else []
        return [error["extensions"]["code"] for error in errors]

    async def end(self) -> None:
        """Wait until the server has ended the stream."""
        await self._following

    async def stop(self) -> None:
        assert not self._following.done()
        self._following.cancel()
        with suppress(asyncio.CancelledError):
            await self._following
