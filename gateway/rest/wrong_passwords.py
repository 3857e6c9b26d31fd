"""Rate limit of wrong passwords by client address, per minute, counted in each process."""

from __future__ import annotations

import math
from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from gateway.http.refusals import RequestRefused

#: Enough for a client that knows the password, too few to guess it.
TRIES = 10


class TooManyTries(RequestRefused):
    """The address has sent too many wrong passwords, until ``seconds`` from now."""

    code = "RATE_LIMITED"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"This IP address has sent {TRIES} wrong passwords within a minute: try again in "
            f"{seconds} seconds."
        )
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}


class WrongPasswords:
    """Counts the wrong passwords of each address; ``now`` is in seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._minute = RateLimitItemPerMinute(TRIES)
        self._counted = FixedWindowRateLimiter(MemoryStorage())

    async def check(self, address: str) -> None:
        """TooManyTries if the address may not try now, not even the right password."""
        if await self._counted.test(self._minute, address):
            return
        ends, _ = await self._counted.get_window_stats(self._minute, address)
        raise TooManyTries(min(max(math.ceil(ends - self._now()), 1), 60))

    async def count(self, address: str) -> None:
        """Count a wrong password."""
        await self._counted.hit(self._minute, address)
