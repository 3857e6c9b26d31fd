"""Consistent reads: who has seen a state of the database is answered from one that has it.

Answers to what writes carry a token of that state (``Consistency-Token``), and so do answers to
requests that bring one, or bring the header empty. A request that brings a token is answered by
the server that is read from if it has that state, else by the primary, and that only so often a
minute for each viewer. Where the state could not be had, the answer says so
(``Consistency: eventual``).

Who asks for several things at once gets several tokens, and cannot tell which is the newest: a
request may bring all of them, separated by commas.
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

#: The extensions of an answer that is sent without headers of its own, named for these.
TOKEN_EXTENSION, CONSISTENCY_EXTENSION = "consistencyToken", "consistency"
EVENTUAL = "eventual"
#: Tells the extensions of an answer that rests on a state, or on one that nobody knows.
TellState = Callable[[LogPosition | None], Mapping[str, str]]
#: Tokens of one request that are looked at, and the letters that so many have at most.
_MOST_TOKENS = 10
LONGEST_TOKENS = 2_100
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

    async def place(self, tokens: str, viewer: Viewer, record: RequestRecord) -> Seen:
        """Let the request be read where its tokens ask for, of which there may be none."""
        sent = [one.strip() for one in tokens.split(",", _MOST_TOKENS)[:_MOST_TOKENS]]
        if not any(sent):
            return self._seen("new")
        for wanted in await self._opened(filter(None, sent)):
            seen = await self._placed(wanted, viewer, record)
            if seen is not None:
                return seen
            self.counts["ahead"] += 1
        return Seen(None, is_eventual=False)

    async def _opened(self, tokens: Iterable[str]) -> list[LogPosition]:
        """What was sealed, the newest first; what is no token is counted."""
        sealing = await self._sealing()
        found = set()
        for token in tokens:
            try:
                found.add(sealing.open(token))
            except UnusableToken as error:
                self.counts["expired" if error.is_expired else "invalid"] += 1
        return sorted(found, reverse=True)

    async def _placed(
        self, wanted: LogPosition, viewer: Viewer, record: RequestRecord
    ) -> Seen | None:
        """Where a state is read; None if the primary has no such state."""
        here = await self._changes.catch_up()
        if self._has(self._changes, here, wanted):
            if not self._is_replicated:
                return self._seen("primary", wanted)
            record.at_least = wanted
            return self._seen("standby", wanted)
        if not self._is_replicated:
            # While the log cannot be read nobody can tell that it has no such state.
            return self._seen("primary", wanted) if here is None else None
        if not await self._may_ask_primary(viewer, record):
            return self._seen("limited", wanted, is_eventual=True)
        there = await self._primary_changes.catch_up()
        if there is None:
            return self._seen("unavailable", wanted, is_eventual=True)
        if not self._has(self._primary_changes, there, wanted):
            return None
        record.at_primary = True
        return self._seen("primary", wanted)

    async def token_after(self, seen: Seen | None, record: RequestRecord) -> str | None:
        """The token of an answer, if it gets one: of what was written, or of what was read."""
        if record.has_written:
            # Read after the commit, so it is no older.
            return await self.token_of(await self._primary_changes.catch_up(), seen)
        return None if seen is None else await self.token_of(position_of(record), seen)

    async def token_of(self, position: LogPosition | None, seen: Seen | None) -> str | None:
        """The token of a state; None if nobody knows it, or more was seen already."""
        if position is None or (seen is not None and seen.is_newer_than(position)):
            return None
        return (await self._sealing()).seal(position)

    async def teller(self, seen: Seen) -> TellState:
        """What tells of each of many answers to who has seen this much."""
        sealing = await self._sealing()

        def tell(position: LogPosition | None) -> Mapping[str, str]:
            if position is None:
                return {}
            if seen.is_newer_than(position):
                return {CONSISTENCY_EXTENSION: EVENTUAL}
            return {TOKEN_EXTENSION: sealing.seal(position)}

        return tell

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
        return Seen(wanted, is_eventual=is_eventual)

    async def _sealing(self) -> ConsistencyTokens:
        if self._tokens is None:
            async with self._reading:
                if self._tokens is None:
                    async with self._database.read() as snapshot:
                        ((secret,),) = await snapshot.fetch(INSTANCE_SECRET)
                    self._tokens = ConsistencyTokens(secret, self._now)
        return self._tokens
