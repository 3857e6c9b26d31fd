"""API key uses: when keys were last used, written in the background, a minute's uses at once."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from gateway.db import Database
from gateway.directory.api_keys import ApiKey, record_uses

_EVERY_US = 60_000_000
_TIMEOUT_SECONDS = 1

logger = logging.getLogger(__name__)


class ApiKeyUses:
    """Records uses of API keys without delaying or failing the requests that use them.

    Each key's is written at most once a minute, and one write at a time: they never take up
    more than one connection, however long they wait for their turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._writing: asyncio.Task[None] | None = None

    def record(self, key: ApiKey, now_us: int) -> None:
        """Note that a key is used now, in microseconds since the epoch."""
        last = max(key.last_used_at or 0, self._noted.get(key.id, 0))
        if now_us - last < _EVERY_US:
            return
        self._noted[key.id] = self._waiting[key.id] = now_us
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            uses, self._waiting = self._waiting, {}
            try:
                await self._database.write(partial(record_uses, uses=uses))
            except Exception as error:  # a lost note is no reason to refuse anybody anything
                logger.warning(
                    "The time at which API keys were last used was not stored: %s.",
                    type(error).__name__,
                )

    async def close(self) -> None:
        """Wait for a write under way, for a short time only."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=_TIMEOUT_SECONDS)
            self._writing.cancel()
            await asyncio.wait([self._writing])
