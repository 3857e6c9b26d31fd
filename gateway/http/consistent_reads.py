"""Consistent reads: who has seen a state of the database is answered from one that has it.

Answers to what writes carry a token of that state (``Consistency-Token``), and so do answers to
requests that bring one, or bring the header empty. A request that brings a token is answered by
the server that is read from if it has that state, else by the primary, and that only so often a
minute for each viewer. Where the state could not be had, the answer says so
(``Consistency: eventual``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.changes.consistency_tokens import ConsistencyTokens, UnusableToken
from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.db import Database
from gateway.db.instance_secret import INSTANCE_SECRET
from gateway.telemetry.record import RequestRecord

#: What becomes of a token; the names that metrics use.
_RESULTS = (
    "new",
    "standby",
    "primary",
    "limited",
    "unavailable",
    "invalid",
    "expired",
    "ahead",
)


class ConsistentReads:
    """Decides where requests are read; ``counts`` are requests with the header, by result.

    One viewer is sent to the primary at most ``per_minute`` times a minute by this process.
    ``now`` tells the seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        changes: ChangeFeed,
        primary_changes: ChangeFeed,
        per_minute: int,
        now: Callable[[], float],
    ) -> None:
        self.counts = dict.fromkeys(_RESULTS, 0)
        self._database = database
        self._changes = changes
        self._primary_changes = primary_changes
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._counted = FixedWindowRateLimiter(MemoryStorage())
        self._now = now
        self._tokens: ConsistencyTokens | None = None
        self._reading = asyncio.Lock()

    async def place(self, token: str, viewer: Viewer, record: RequestRecord) -> Seen:
        """Let the request be read where its token asks for; the text may be empty."""
        if not token:
            return self._seen("new")
        try:
            wanted = (await self._sealing()).open(token)
        except UnusableToken as error:
            return self._seen("expired" if error.is_expired else "invalid")
        if self._has(self._changes, await self._changes.catch_up(), wanted):
            return self._seen("standby" if self._is_replicated else "primary", wanted)
        if not self._is_replicated:
            return self._seen("ahead")
        if not await self._may_ask_primary(viewer, record):
            return self._seen("limited", wanted, is_eventual=True)
        there = await self._primary_changes.catch_up()
        if there is None:
            return self._seen("unavailable", wanted, is_eventual=True)
        if not self._has(self._primary_changes, there, wanted):
            return self._seen("ahead")
        record.at_primary = True
        return self._seen("primary", wanted)

    async def token_after(self, seen: Seen | None, record: RequestRecord) -> str | None:
        """The token of an answer, if it gets one: of what was written, or of what was read."""
        position: LogPosition | None = None
        if record.has_written:
            # Read after the commit, so it is no older.
            position = await self._primary_changes.catch_up()
        elif seen is not None and record.read_at is not None:
            position = LogPosition(*record.read_at)
        if position is None or (seen is not None and seen.is_newer_than(position)):
            return None
        return (await self._sealing()).seal(position)

    @property
    def _is_replicated(self) -> bool:
        return self._primary_changes is not self._changes

    def _has(self, feed: ChangeFeed, here: LogPosition | None, wanted: LogPosition) -> bool:
        """Whether a server that is read by the feed has this state, in its own history."""
        return here is not None and here.version >= wanted.version and not feed.chain.denies(wanted)

    async def _may_ask_primary(self, viewer: Viewer, record: RequestRecord) -> bool:
        if self._limit is None:
            return False
        return await self._counted.hit(self._limit, spender_of(viewer, record.client))

    def _seen(
        self, result: str, wanted: LogPosition | None = None, *, is_eventual: bool = False
    ) -> Seen:
        self.counts[result] += 1
        return Seen(wanted, is_eventual)

    async def _sealing(self) -> ConsistencyTokens:
        if self._tokens is None:
            async with self._reading:
                if self._tokens is None:
                    async with self._database.read() as snapshot:
                        ((secret,),) = await snapshot.fetch(INSTANCE_SECRET)
                    self._tokens = ConsistencyTokens(secret, self._now)
        return self._tokens


class Seen:
    """What whoever asks has seen; None if nobody knows. ``is_eventual``: it may not be had."""

    __slots__ = ("_is_eventual", "_wanted")

    def __init__(self, wanted: LogPosition | None, is_eventual: bool) -> None:  # noqa: FBT001
        self._wanted = wanted
        self._is_eventual = is_eventual

    def is_newer_than(self, position: LogPosition) -> bool:
        """Whether it has not this state yet."""
        return self._wanted is not None and position.version < self._wanted.version

    def is_eventual(self, record: RequestRecord) -> bool:
        """Whether an answer may be older than what was seen."""
        if self._wanted is None:
            return False
        if record.read_at is None:
            return self._is_eventual or record.fell_back
        return self.is_newer_than(LogPosition(*record.read_at))
