"""Viewer memberships: cached memberships, which decide which cached answers a viewer gets.

A membership depends on its group, and is cached with the log position at which it was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiodataloader import DataLoader
from sqlalchemy import ColumnElement, Select, and_, select

from gateway.auth.viewer import Viewer
from gateway.bounded_cache import BoundedCache
from gateway.changes.entity import Entity
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CURRENT_POSITION
from gateway.changes.log_timeout import LogTimeout
from gateway.changes.position import LogPosition
from gateway.db import Database, Snapshot
from gateway.db.compiled import Rows
from gateway.db.ids import among
from gateway.db.tables import membership
from gateway.directory.memberships import (
    COLUMNS,
    ENDED_WITH_GROUP,
    Membership,
    membership_of,
)
from gateway.loaders.permissions import GroupPermissions
from gateway.stats.entities import RECORDED
from gateway.stats.subject import Kind
from gateway.telemetry.around_statement import AroundStatement
from gateway.telemetry.record import RequestRecord

_MEMBERSHIP_BYTES = 900
#: Memberships that are read for many viewers in one statement, at most: a few megabytes.
_MOST_AT_ONCE = 5_000

_position = CURRENT_POSITION.subquery("position")


def _at_position(whose: ColumnElement[Any]) -> Select[Any]:
    """The position of the statement's own state, beside memberships of groups (``ids``).

    Beside nulls if there are none.
    """
    of_groups = and_(whose, among(membership.c.group_id, "ids"))
    return select(*_position.c, *COLUMNS).select_from(_position.outerjoin(membership, of_groups))


_OF_VIEWERS = _at_position(among(membership.c.user_id, "viewers"))


class _Entry:
    __slots__ = ("membership", "position")

    def __init__(self, membership: Membership | None, position: LogPosition) -> None:
        self.membership = membership
        self.position = position


class _Request(NamedTuple):
    """Request for a user's memberships in groups."""

    user_id: int
    groups: tuple[int, ...]
    at_primary: bool
    changes: ChangeFeed


class ViewerMemberships:
    """Caches memberships by user and group, in the LRU cache ``values``."""

    def __init__(
        self,
        database: Database,
        values: BoundedCache[Any, Any],
        around: AroundStatement | None = None,
    ) -> None:
        self._database = database
        self._values = values
        self._around = around
        self._batches: DataLoader[_Request, int] | None = None

    async def load(
        self,
        viewer: Viewer,
        groups: Iterable[int],
        record: RequestRecord,
        changes: ChangeFeed,
    ) -> None:
        """Load the memberships of a viewer that are not cached, in one statement or none.

        Concurrent requests share it. If the database fails, or the change log cannot be read, they
        stay unknown.
        """
        user_id = viewer.id
        if user_id is None:
            return
        unknown = [group for group in groups if self._valid(user_id, group, changes) is None]
        if not unknown:
            return
        request = _Request(user_id, tuple(unknown), record.at_primary, changes)
        record.statements += await self._batched().load(request)

    def _batched(self) -> DataLoader[_Request, int]:
        loop = asyncio.get_running_loop()
        if self._batches is None or self._batches.loop is not loop:
            self._batches = DataLoader(self._load_batch, cache=False, loop=loop)
        return self._batches

    async def _load_batch(self, batch: list[_Request]) -> list[Any]:
        """Load for concurrent requests: the number of statements, or the error, of each."""
        users: dict[_Request, dict[int, None]] = {}
        for request in batch:
            users.setdefault(request._replace(user_id=0), {})[request.user_id] = None
        read: dict[_Request, int | Exception] = {}
        for shared, user_ids in users.items():
            try:
                read[shared] = await self._load_alike([*user_ids], shared)
            except Exception as error:  # the requests that share it get it
                read[shared] = error
        return [read[request._replace(user_id=0)] for request in batch]

    async def _load_alike(self, users: Sequence[int], shared: _Request) -> int:
        """Read memberships of users in the same groups."""
        _, groups, at_primary, changes = shared
        at_once = max(1, _MOST_AT_ONCE // len(groups))
        statements = 0
        for start in range(0, len(users), at_once):
            some = users[start : start + at_once]
            async with self._database.read(at_primary=at_primary) as snapshot:
                snapshot.around = self._around
                bound = {"viewers": some, "ids": groups}
                rows = await self._fetch(snapshot, _OF_VIEWERS, bound, changes)
                statements += snapshot.statements
            self._put_all(some, groups, rows)
        return statements

    async def load_many(
        self,
        viewers: Iterable[Viewer],
        groups: Collection[int],
        snapshot: Snapshot,
        changes: ChangeFeed,
    ) -> None:
        """Load the memberships of many viewers that are not cached, as ``load`` does.

        The snapshot has read nothing yet.
        """
        unknown = [
            user_id
            for user_id in {viewer.id for viewer in viewers}
            if user_id is not None
            and any(self._valid(user_id, one, changes) is None for one in groups)
        ]
        if unknown and len(unknown) * len(groups) <= _MOST_AT_ONCE:
            bound = {"viewers": unknown, "ids": [*groups]}
            self._put_all(unknown, groups, await self._fetch(snapshot, _OF_VIEWERS, bound, changes))

    async def _fetch(
        self,
        snapshot: Snapshot,
        statement: Select[Any],
        bound: Mapping[str, Any],
        changes: ChangeFeed,
    ) -> Rows:
        try:
            async with LogTimeout(changes) as timeout:
                return await snapshot.ahead(statement, bound) or ()
        except TimeoutError:
            if not timeout.expired:
                raise
            return ()

    def _put_all(self, users: Iterable[int], groups: Collection[int], rows: Rows) -> None:
        if not rows:
            return
        position = LogPosition(*rows[0][:2])
        found = {}
        for row in rows:
            if row[2] is not None:
                one = membership_of(row[2:])
                found[one.user_id, one.group_id] = one
        for user_id in users:
            for group in groups:
                self._put(user_id, group, found.get((user_id, group)), position)

    def store(
        self, viewer: Viewer, by_group: Mapping[int, GroupPermissions], position: LogPosition
    ) -> None:
        """Store the memberships that an operation has read of its viewer at a position."""
        user_id = viewer.id
        if user_id is None:
            return
        for group, one in by_group.items():
            own = None
            if one.state is not None:
                ended_by = ENDED_WITH_GROUP if one.led_to_the_end else None
                roles = one.roles or frozenset()
                own = Membership(group, user_id, one.state, roles, ended_by=ended_by)
            self._put(user_id, group, own, position)

    def permissions(
        self, viewer: Viewer, groups: Sequence[int], changes: ChangeFeed
    ) -> tuple[GroupPermissions, ...] | None:
        """The viewer's permissions in groups at the feed's position; None where not known."""
        if viewer.id is None:
            nothing = GroupPermissions.of(viewer, None)
            return (nothing,) * len(groups)
        found = []
        for group in groups:
            known = self._valid(viewer.id, group, changes)
            if known is None:
                return None
            found.append(GroupPermissions.of(viewer, known.membership))
        return tuple(found)

    def _valid(self, user_id: int, group: int, changes: ChangeFeed) -> _Entry | None:
        known: _Entry | None = self._values.get((_Entry, user_id, group))
        position = changes.position
        if known is None or position is None:
            return None
        if known.position != position:
            depends: Entity = (RECORDED[Kind.GROUP], group)
            if not changes.holds((depends,), known.position):
                return None
            known.position = position
        return known

    def _put(
        self, user_id: int, group: int, found: Membership | None, position: LogPosition
    ) -> None:
        self._values.put((_Entry, user_id, group), _Entry(found, position), _MEMBERSHIP_BYTES)
