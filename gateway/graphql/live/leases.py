"""Leases: share the number of live operations of each viewer between processes, by Redis.

Each process reports how many it has of a viewer, again and again. A report expires, so that the
slots of a killed process are free soon.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any

from limits.aio.storage import RedisStorage

from gateway.reasons import reason_of

logger = logging.getLogger(__name__)

#: A report expires after so long, and is renewed so often.
LEASE_SECONDS = 60
RENEWED_EVERY_SECONDS = 20.0
#: Viewers of one call.
_REPORTED_AT_ONCE = 500
_PAUSE_SECONDS = 5.0
_PREFIX = "stats-gateway/live/"

#: The hash of a viewer has, for each process, its number of operations, and when that expires by
#: the clock of Redis, which all processes share.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
local counts, others = redis.call('HGETALL', KEYS[1]), 0
for index = 1, #counts, 2 do
  if counts[index] ~= ARGV[1] then
    local number, ends = string.match(counts[index + 1], '^(%d+) (%d+)$')
    if number and tonumber(ends) > now then
      others = others + tonumber(number)
    else
      redis.call('HDEL', KEYS[1], counts[index])
    end
  end
end
if others + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. (now + tonumber(ARGV[4])))
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[4]))
return 1
"""
_REPORT = """
local ends = tonumber(redis.call('TIME')[1]) + tonumber(ARGV[2])
for index, key in ipairs(KEYS) do
  local number = ARGV[index + 2]
  if number == '0' then
    redis.call('HDEL', key, ARGV[1])
  else
    redis.call('HSET', key, ARGV[1], number .. ' ' .. ends)
    redis.call('EXPIRE', key, tonumber(ARGV[2]))
  end
end
return 1
"""


class Leases:
    """Leases of this process; ``counts`` are its live operations of each viewer.

    ``now`` is a monotonic clock in seconds. While Redis does not answer, nothing is reported, and
    operations in other processes do not count.
    """

    def __init__(
        self, storage: RedisStorage, counts: Mapping[str, int], now: Callable[[], float]
    ) -> None:
        self._storage = storage
        self._counts = counts
        self._now = now
        self._process = token_hex(8)
        bridge: Any = storage.bridge
        self._connection: Any = bridge.get_connection()
        self._take: Any = self._connection.register_script(_TAKE)
        self._report: Any = self._connection.register_script(_REPORT)
        kinds: Any = storage.base_exceptions
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        self._errors = (*kinds, OSError, TimeoutError)
        self._failed_at = -math.inf
        #: One call at a time: a report is never replaced by an older one.
        self._lock = asyncio.Lock()
        self._is_over = False
        self._released: set[str] = set()
        self._has_released = asyncio.Event()

    async def take(self, who: str, limit: int) -> bool:
        """Whether a viewer has no more than ``limit`` in all processes, this one included."""
        async with self._lock:
            if self._is_away:
                return True
            number = self._counts.get(who, 0)
            arguments = [self._process, number, limit, LEASE_SECONDS]
            taken = await self._run(self._take, [_PREFIX + who], arguments)
            return taken is None or bool(taken)

    def released(self, who: str) -> None:
        """Report soon that this process has fewer operations of a viewer."""
        self._released.add(who)
        self._has_released.set()

    async def keep_reporting(self) -> None:
        """Report what has ended, and from time to time everything, until cancelled."""
        renewed_at = self._now()
        while True:
            rest = renewed_at + RENEWED_EVERY_SECONDS - self._now()
            if rest > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(rest):
                        await self._has_released.wait()
            self._has_released.clear()
            viewers = {*self._released}
            if self._now() - renewed_at >= RENEWED_EVERY_SECONDS:
                viewers |= self._counts.keys()
                renewed_at = self._now()
            self._released.clear()
            await self.report(sorted(viewers))

    async def report(self, viewers: Sequence[str]) -> None:
        """Report how many operations of these viewers this process has now."""
        for first in range(0, len(viewers), _REPORTED_AT_ONCE):
            some = viewers[first : first + _REPORTED_AT_ONCE]
            async with self._lock:
                if self._is_away:
                    return
                numbers = [0 if self._is_over else self._counts.get(who, 0) for who in some]
                keys = [_PREFIX + who for who in some]
                await self._run(self._report, keys, [self._process, LEASE_SECONDS, *numbers])

    async def close(self) -> None:
        """Report that all has ended, and close the connections; in bounded time."""
        self._is_over = True
        await self.report(sorted({*self._counts, *self._released}))
        self._connection.connection_pool.disconnect()
        # The loop closes the sockets in its next iteration.
        await asyncio.sleep(0)

    @property
    def _is_away(self) -> bool:
        return self._now() - self._failed_at < _PAUSE_SECONDS

    async def _run(self, script: Any, keys: Sequence[str], arguments: Sequence[object]) -> Any:
        try:
            return await script(keys, arguments)
        except self._errors as error:
            self._failed_at = self._now()
            logger.warning(
                "Redis does not answer, so this process counts live operations by itself: %s.",
                reason_of(error),
            )
            return None
