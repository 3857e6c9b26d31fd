"""Consistent reads (read your writes): a client never reads a state older than it has seen.

Answers to writes carry a token of their state (``Consistency-Token``), and so do answers to
requests with a token, or with the header empty. A request with a token reads from the standby if
that has the state, else from the primary, within a limit per minute for each viewer. If neither
could serve the state, the answer says so (``Consistency: eventual``).

A client with several requests at once gets several tokens, and cannot compare them: a request may
send all of them, separated by commas.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

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
from gateway.http.seen import Seen, position_of
from gateway.telemetry.record import RequestRecord

#: Extensions in place of the headers, for answers without headers of their own.
TOKEN_EXTENSION, CONSISTENCY_EXTENSION = "consistencyToken", "consistency"
EVENTUAL = "eventual"
#: Returns the extensions of an answer by its position; None for an unknown one.
StateExtensions = Callable[[LogPosition | None], Mapping[str, str]]
#: The most tokens of one request that are read, and the most characters of so many.
_MOST_TOKENS = 10
LONGEST_TOKENS = 2_100
#: Results of reading a token; labels of metrics.
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
    """Routes reads to the standby or the primary; ``counts`` has requests by result.

    This process routes one viewer to the primary at most ``per_minute`` times a minute. ``now``
    returns the seconds since 1970.
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

    async def route(self, tokens: str, viewer: Viewer, record: RequestRecord) -> Seen:
        """Route a request to a server that has the state of its tokens, if there are any."""
        sent = [one.strip() for one in tokens.split(",", _MOST_TOKENS)[:_MOST_TOKENS]]
        if not any(sent):
            return self._seen("new")
        for wanted in await self._opened(filter(None, sent)):
            seen = await self._route(wanted, viewer, record)
            if seen is not None:
                return seen
            self.counts["ahead"] += 1
        return Seen(None, is_eventual=False)

    async def _opened(self, tokens: Iterable[str]) -> list[LogPosition]:
        """Open tokens: their positions, the newest first; unusable ones are counted."""
        sealing = await self._sealing()
        found = set()
        for token in tokens:
            try:
                found.add(sealing.open(token))
            except UnusableToken as error:
                self.counts["expired" if error.is_expired else "invalid"] += 1
        return sorted(found, reverse=True)

    async def _route(
        self, wanted: LogPosition, viewer: Viewer, record: RequestRecord
    ) -> Seen | None:
        """Route to a server that has a state; None if the primary does not have it."""
        here = await self._changes.catch_up()
        if self._has(self._changes, here, wanted):
            if not self._is_replicated:
                return self._seen("primary", wanted)
            record.at_least = wanted
            return self._seen("standby", wanted)
        if not self._is_replicated:
            # While the log cannot be read, it may have the state.
            return self._seen("primary", wanted) if here is None else None
        if not await self._may_read_primary(viewer, record):
            return self._seen("limited", wanted, is_eventual=True)
        there = await self._primary_changes.catch_up()
        if there is None:
            return self._seen("unavailable", wanted, is_eventual=True)
        if not self._has(self._primary_changes, there, wanted):
            return None
        record.at_primary = True
        return self._seen("primary", wanted)

    async def token_after(self, seen: Seen | None, record: RequestRecord) -> str | None:
        """The token of an answer after a write, or after a read with tokens; else None."""
        if record.has_written:
            # Read after the commit, so it is no older.
            return await self.token_of(await self._primary_changes.catch_up(), seen)
        return None if seen is None else await self.token_of(position_of(record), seen)

    async def token_of(self, position: LogPosition | None, seen: Seen | None) -> str | None:
        """The token of a position; None if it is unknown, or older than what was seen."""
        if position is None or (seen is not None and seen.is_newer_than(position)):
            return None
        return (await self._sealing()).seal(position)

    async def state_extensions(self, seen: Seen) -> StateExtensions:
        """A function that returns the extensions of each of many answers."""
        sealing = await self._sealing()

        def extensions(position: LogPosition | None) -> Mapping[str, str]:
            if position is None:
                return {}
            if seen.is_newer_than(position):
                return {CONSISTENCY_EXTENSION: EVENTUAL}
            return {TOKEN_EXTENSION: sealing.seal(position)}

        return extensions

    @property
    def _is_replicated(self) -> bool:
        return self._primary_changes is not self._changes

    def _has(self, feed: ChangeFeed, here: LogPosition | None, wanted: LogPosition) -> bool:
        """Whether the server of a feed has this state, in its own history."""
        return here is not None and here.version >= wanted.version and not feed.chain.denies(wanted)

    async def _may_read_primary(self, viewer: Viewer, record: RequestRecord) -> bool:
        if self._limit is None:
            return False
        return await self._counted.hit(self._limit, spender_of(viewer, record.client))

    def _seen(
        self, result: str, wanted: LogPosition | None = None, *, is_eventual: bool = False
    ) -> Seen:
        self.counts[result] += 1
        return Seen(wanted, is_eventual=is_eventual)

    async def _sealing(self) -> ConsistencyTokens:
        if self._tokens is None:
            async with self._reading:
                if self._tokens is None:
                    async with self._database.read() as snapshot:
                        ((secret,),) = await snapshot.fetch(INSTANCE_SECRET)
                    self._tokens = ConsistencyTokens(secret, self._now)
        return self._tokens
