"""Memberships of viewers: cached to tell which cached answers a viewer may get.

A membership depends on its group, and is cached with the log position at which it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from gateway.auth.viewer import Viewer
from gateway.bounded_cache import BoundedCache
from gateway.changes.entity import Entity
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import CURRENT_POSITION
from gateway.changes.log_timeout import LogTimeout
from gateway.changes.position import LogPosition
from gateway.db import Database
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

_position = CURRENT_POSITION.subquery("position")
#: The position of the statement's own state, beside each of a viewer's memberships of groups
#: (``ids``); beside nulls if there is none.
_MEMBERSHIPS_AT_POSITION: Select[Any] = select(
    *_position.c,
    *COLUMNS,
).select_from(
    _position.outerjoin(
        membership,
        and_(membership.c.user_id == bindparam("viewer"), among(membership.c.group_id, "ids")),
    )
)


class _Known:
    __slots__ = ("membership", "position")

    def __init__(self, membership: Membership | None, position: LogPosition) -> None:
        self.membership = membership
        self.position = position


class ViewerMemberships:
    """Memberships by user and group, in the memory that ``values`` have."""

    def __init__(
        self,
        database: Database,
        changes: ChangeFeed,
        values: BoundedCache[Any, Any],
        around: AroundStatement | None = None,
    ) -> None:
        self._database = database
        self._changes = changes
        self._values = values
        self._around = around

    async def load(self, viewer: Viewer, groups: Iterable[int], record: RequestRecord) -> None:
        """Read what is not known of a viewer's memberships, in one statement or none.

        A database that fails leaves them unknown, and so does a log that cannot be read.
        """
        user_id = viewer.id
        if user_id is None:
            return
        unknown = [group for group in groups if self._valid(user_id, group) is None]
        if not unknown:
            return
        async with self._database.read() as snapshot:
            snapshot.around = self._around
            try:
                async with LogTimeout(self._changes) as timeout:
                    rows = await snapshot.ahead(
                        _MEMBERSHIPS_AT_POSITION, {"viewer": user_id, "ids": unknown}
                    )
            except TimeoutError:
                if not timeout.expired:
                    raise
                return
            finally:
                record.statements += snapshot.statements
        if not rows:
            return
        position = LogPosition(*rows[0][:2])
        found = {row[2]: membership_of(row[2:]) for row in rows if row[2] is not None}
        for group in unknown:
            self._put(user_id, group, found.get(group), position)

    def note(
        self, viewer: Viewer, asked: Mapping[int, GroupPermissions], position: LogPosition
    ) -> None:
        """Take what an operation has read of its viewer's memberships at a position."""
        user_id = viewer.id
        if user_id is None:
            return
        for group, one in asked.items():
            own = None
            if one.state is not None:
                ended_by = ENDED_WITH_GROUP if one.led_to_the_end else None
                roles = one.roles or frozenset()
                own = Membership(group, user_id, one.state, roles, ended_by=ended_by)
            self._put(user_id, group, own, position)

    def permissions(
        self, viewer: Viewer, groups: Sequence[int]
    ) -> tuple[GroupPermissions, ...] | None:
        """The viewer's permissions in groups at the feed's position; None where not known."""
        if viewer.id is None:
            nothing = GroupPermissions.of(viewer, None)
            return (nothing,) * len(groups)
        found = []
        for group in groups:
            known = self._valid(viewer.id, group)
            if known is None:
                return None
            found.append(GroupPermissions.of(viewer, known.membership))
        return tuple(found)

    def _valid(self, user_id: int, group: int) -> _Known | None:
        known: _Known | None = self._values.get((_Known, user_id, group))
        position = self._changes.position
        if known is None or position is None:
            return None
        if known.position != position:
            depends: Entity = (RECORDED[Kind.GROUP], group)
            if not self._changes.holds((depends,), known.position):
                return None
            known.position = position
        return known

    def _put(
        self, user_id: int, group: int, found: Membership | None, position: LogPosition
    ) -> None:
        self._values.put((_Known, user_id, group), _Known(found, position), _MEMBERSHIP_BYTES)
