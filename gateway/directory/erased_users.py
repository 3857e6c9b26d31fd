"""Erased users: their tokens, valid otherwise, are refused.

Erasures are rare, so a process caches all of them, and reads them again only when the change log
has another one.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select, true

from gateway.auth.unverified import Wrong
from gateway.changes.entity import ERASURES
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CURRENT_POSITION
from gateway.changes.log_timeout import LogTimeout
from gateway.changes.position import LogPosition
from gateway.db import Database
from gateway.db.tables import forgotten_user
from gateway.errors import Unauthenticated
from gateway.rollups.erasure import ERASED
from gateway.yielding import beside

_position = CURRENT_POSITION.subquery("position")
#: The position of the statement's own state, beside each erased user; beside null if there is none.
_ALL_AT_POSITION: Select[Any] = (
    select(*_position.c, forgotten_user.c.user_id)
    .select_from(_position.outerjoin(forgotten_user, true()))
    .order_by(forgotten_user.c.user_id)
)


class ErasedAccount(Unauthenticated):
    """401: the token is valid, but its volunteer was erased."""

    reason = Wrong.ERASED

    def __init__(self) -> None:
        super().__init__("The account of this token was erased.")


class ErasedUsers:
    """Cache of the erased users, in a state that is no older than the question."""

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._feed = feed
        #: All of them, ascending, as of a position of the feed: eight bytes each.
        self._ids = array("q")
        self._position: LogPosition | None = None
        self._lock = asyncio.Lock()

    def is_erased(self, user_id: int) -> bool | None:
        """Whether a user was erased at the newest position of the feed; None if not known."""
        return self._includes(user_id) if self._is_current() else None

    async def check(self, user_id: int | None, position: LogPosition | None = None) -> None:
        """ErasedAccount if the user was erased before this call, or by ``position``.

        ``position`` is one that was read for the user since; with it nothing is read again in most
        cases. The id is None for whoever is no volunteer.
        """
        if user_id is None:
            return
        if position is None or not self._feed.contains(position):
            await self._feed.catch_up()
        if user_id in await self._erased_among((user_id,)):
            raise ErasedAccount

    async def among(self, user_ids: Collection[int]) -> set[int]:
        """Those of the users who were erased before the feed has caught up last.

        At most one statement, and none if nobody was erased since the last call.
        """
        return await self._erased_among(user_ids)

    async def _erased_among(self, user_ids: Collection[int]) -> set[int]:
        readable = self._feed.is_readable()
        if readable and not self._is_current():
            async with self._lock:
                if not self._is_current():
                    await self._load()
        if readable and self._is_current():
            return {one for one in user_ids if self._includes(one)}
        async with self._database.read() as snapshot:
            rows = await snapshot.fetch(ERASED, {"users": list(user_ids)})
        return {row[0] for row in rows}

    def _is_current(self) -> bool:
        newest = self._feed.position
        if self._position is None or newest is None:
            return False
        if self._position != newest:
            if not self._feed.holds((ERASURES,), self._position):
                return False
            self._position = newest
        return True

    def _includes(self, user_id: int) -> bool:
        index = bisect_left(self._ids, user_id)
        return index < len(self._ids) and self._ids[index] == user_id

    async def _load(self) -> None:
        async with self._database.read() as snapshot:
            try:
                async with LogTimeout(self._feed) as timeout:
                    rows = await snapshot.fetch(_ALL_AT_POSITION)
            except TimeoutError:
                if not timeout.expired:
                    raise
                return
        if not rows:
            return

        def ids() -> array[int]:
            return array("q", (row[2] for row in rows if row[2] is not None))

        found = await beside(len(rows), ids)
        self._ids, self._position = found, LogPosition(*rows[0][:2])
        if not self._feed.contains(self._position):
            # What was read is newer than what the feed knows.
            await self._feed.catch_up()
