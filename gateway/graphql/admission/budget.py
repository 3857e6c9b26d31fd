"""Budget: limits the cost of operations that each viewer may spend within a minute.

The library ``limits`` counts, in this process or, for several, in Redis. A minute begins with a
viewer's first operation. Refused operations are counted too, but do not prolong the minute.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Self

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.errors import SettingsError
from gateway.graphql.refusals import RateLimited
from gateway.reasons import reason_of

logger = logging.getLogger(__name__)

#: Timeout of a call of Redis, and the pause after a failure.
_REDIS_TIMEOUT_SECONDS = 0.5
_REDIS_PAUSE_SECONDS = 5.0
#: The bytes of a viewer's minute, and how many viewers are counted apart: a stranger may have many
#: addresses.
_WINDOW_BYTES = 600
_MOST_WINDOWS = 50_000
_FURTHER = "further"

#: Counts a cost of a spender; RateLimited if that is too much.
_Count = Callable[[FixedWindowRateLimiter, str, int], Awaitable[None]]


class Budget:
    """Budgets of ``per_minute`` points for each viewer; ``now`` is in seconds since 1970.

    While the shared storage does not answer, each process counts by itself, from nothing: viewers
    may spend more than they should then, and none is refused for what is not their fault.
    """

    def __init__(
        self, per_minute: int, now: Callable[[], float], shared: RedisStorage | None = None
    ) -> None:
        self.per_minute = per_minute
        self._now = now
        self._minute = RateLimitItemPerMinute(per_minute)
        self._memory = MemoryStorage()
        self._own = FixedWindowRateLimiter(self._memory)
        self._redis = shared
        self._shared = None if shared is None else FixedWindowRateLimiter(shared)
        self._shared_failed_at = -math.inf

    async def spend(self, viewer: Viewer, address: str, cost: int) -> None:
        """Count the cost against the viewer; RateLimited if that is more than is left.

        ``address`` stands for viewers without credentials. Every operation costs at least 1.
        """
        await self._count(self._spend, spender_of(viewer, address), max(cost, 1))

    async def charge(self, viewer: Viewer, address: str, cost: int) -> None:
        """Count work that is done against the viewer, even if that is more than is left."""
        await self._count(self._charge, spender_of(viewer, address), cost)

    async def require(self, viewer: Viewer, address: str) -> None:
        """Check that something is left; else RateLimited."""
        await self._count(self._require, spender_of(viewer, address), 1)

    async def _count(self, count: _Count, who: str, cost: int) -> None:
        if self._shared is not None and not self.is_alone:
            try:
                return await count(self._shared, who, cost)
            except (StorageError, OSError, TimeoutError) as error:
                self._shared_failed_at = self._now()
                logger.warning(
                    "Redis does not answer, so this process counts costs by itself: %s.",
                    reason_of(error),
                )
        return await count(self._own, self._within(who), cost)

    @property
    def size(self) -> int:
        """The bytes of the minutes that this process counts, by estimate."""
        return _WINDOW_BYTES * len(self._memory.storage)

    def _within(self, who: str) -> str:
        """The spender in this process: beyond so many in a minute, further ones share a budget."""
        known = self._memory.storage
        if len(known) < _MOST_WINDOWS or self._minute.key_for(who) in known:
            return who
        return _FURTHER

    @property
    def is_alone(self) -> bool:
        """Whether the shared storage has just failed: it is not used until the pause is over."""
        # A clock that was set back must not prolong the pause.
        return 0 <= self._now() - self._shared_failed_at < _REDIS_PAUSE_SECONDS

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            bridge: Any = self._redis.bridge
            bridge.get_connection().connection_pool.disconnect()
            # The loop closes the sockets in its next iteration.
            await asyncio.sleep(0)

    async def _spend(self, limiter: FixedWindowRateLimiter, who: str, cost: int) -> None:
        if not await limiter.hit(self._minute, who, cost=cost):
            await self._refuse(limiter, who, cost)

    async def _charge(self, limiter: FixedWindowRateLimiter, who: str, cost: int) -> None:
        await limiter.hit(self._minute, who, cost=cost)

    async def _require(self, limiter: FixedWindowRateLimiter, who: str, cost: int) -> None:
        if not await limiter.test(self._minute, who, cost=cost):
            await self._refuse(limiter, who, cost)

    async def _refuse(self, limiter: FixedWindowRateLimiter, who: str, cost: int) -> None:
        ends, _ = await limiter.get_window_stats(self._minute, who)
        seconds = min(max(math.ceil(ends - self._now()), 1), 60)
        raise RateLimited(self.per_minute, cost, seconds)


def open_storage(setting: str, url: str) -> RedisStorage:
    """Open the Redis of a URL, which connects at first use; SettingsError if the URL is wrong."""
    if not url.startswith(("redis://", "rediss://")):
        raise SettingsError(f"{setting} cannot be used: it must be a redis:// or rediss:// URL.")
    try:
        storage = storage_from_string(
            f"async+{url}",
            wrap_exceptions=True,
            stream_timeout=_REDIS_TIMEOUT_SECONDS,
            connect_timeout=_REDIS_TIMEOUT_SECONDS,
        )
    except ConfigurationError as error:
        raise SettingsError(f"{setting} cannot be used: {reason_of(error)}.") from None
    assert isinstance(storage, RedisStorage)  # noqa: S101 - the scheme says so
    return storage
