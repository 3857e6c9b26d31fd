"""Rate limits of look-ups of unknown ids at Panoptes, per minute; counted in each process.

Known ids are requested again once they are no longer fresh, however often they are
wanted: their number is bounded. Unknown ones can be made up without end.
"""

from __future__ import annotations

from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter


class Asker(NamedTuple):
    """The client whose look-ups are counted; ``is_signed_in`` is false without credentials."""

    name: str
    is_signed_in: bool


class LookUpLimits:
    """Limits of ids in a minute: ``each`` for one asker, ``in_all`` for all of one kind together.

    The anonymous use up nothing of what those have who are signed in.
    """

    def __init__(self, each: int, in_all: int) -> None:
        self._each = RateLimitItemPerMinute(each)
        self._in_all = RateLimitItemPerMinute(in_all)
        self._counted = FixedWindowRateLimiter(MemoryStorage())

    async def allow(self, asker: Asker, ids: int) -> bool:
        """Count so many ids; false if that exceeds the limit, and none is to be looked up."""
        kind = "signed in" if asker.is_signed_in else "anonymous"
        return await self._counted.hit(
            self._each, asker.name, cost=ids
        ) and await self._counted.hit(self._in_all, kind, cost=ids)
