"""Group state that a command decides by, read in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.auth.viewer import Viewer
from gateway.auth.visibility import group_exists, role_of
from gateway.db.ids import among
from gateway.db.tables import group_record, membership, user_group
from gateway.directory.memberships import (
    GROUP_ADMIN,
    Membership,
    MembershipState,
    encode_roles,
)
from gateway.directory.rows import Row, read_rows
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import is_ended
from gateway.groups.transaction import Transaction


@dataclass(slots=True)
class Group:
    """A group as it is now, and the viewer's own membership of it."""

    id: int
    #: The row of ``user_group``; empty if there is no such group.
    row: Row
    #: The row of ``group_record``; empty if there is none.
    record: Row
    #: The viewer's own row of ``membership``; None without one.
    own_row: Row | None

    @property
    def is_known(self) -> bool:
        """Whether there is such a group."""
        return bool(self.row)

    @property
    def has_ended(self) -> bool:
        """Whether it was deactivated, or has ended otherwise."""
        return is_ended(self.record.get("state"))

    @property
    def own(self) -> Membership | None:
        """The viewer's own membership."""
        return None if self.own_row is None else membership_in(self.own_row)

    @property
    def was_led_by_viewer(self) -> bool:
        """Whether the viewer was an admin when the group was deactivated."""
        own = self.own
        return own is not None and own.led_to_the_end

    def exists_for(self, viewer: Viewer) -> bool:
        """Whether the group exists for the viewer."""
        return self.is_known and group_exists(
            StatsVisibility(self.row["stats_visibility"]),
            private=self.row["private"],
            ended=self.has_ended,
            role=role_of(viewer, self.own),
            led_to_the_end=self.was_led_by_viewer,
        )


def read_group(transaction: Transaction, group_id: int) -> Group:
    """Read the group of a command; the same statements run if there is no such group."""
    groups = read_rows(transaction.connection, user_group, [group_id])
    records = read_rows(transaction.connection, group_record, [group_id])
    own = read_memberships(transaction.connection, group_id, [transaction.viewer_id])
    key = (group_id,)
    return Group(
        group_id, groups.get(key, {}), records.get(key, {}), own.get(transaction.viewer_id)
    )


def membership_in(row: Row) -> Membership:
    """The membership of a full row."""
    return Membership(
        row["group_id"],
        row["user_id"],
        MembershipState(row["state"]),
        frozenset(orjson.loads(row["roles"])),
        row["created_at"],
        row["id"],
        row["updated_at"],
        row["revision"],
        row["ended_by"],
    )


_MEMBERSHIPS = select(membership)


def read_memberships(
    connection: Connection, group_id: int, user_ids: Collection[int]
) -> dict[int, Row]:
    """Full rows of these users' memberships of a group, by the user."""
    statement = _MEMBERSHIPS.where(
        membership.c.group_id == group_id, among(membership.c.user_id, "users")
    )
    rows = connection.execute(statement, {"users": sorted(set(user_ids))})
    return _by_user(rows)


def read_memberships_in(
    connection: Connection, group_id: int, *states: MembershipState, ended_by: str | None = None
) -> dict[int, Row]:
    """Full rows of the memberships of a group in these states, by ascending user."""
    statement = _MEMBERSHIPS.where(
        membership.c.group_id == group_id, membership.c.state.in_([state.value for state in states])
    ).order_by(membership.c.user_id)
    if ended_by is not None:
        statement = statement.where(membership.c.ended_by == ended_by)
    return _by_user(connection.execute(statement))


def _by_user(found: Iterable[Sequence[Any]]) -> dict[int, Row]:
    # A group may have fifty thousand, for which mappings take twice as long.
    names = membership.c.keys()
    rows = (dict(zip(names, row, strict=True)) for row in found)
    return {row["user_id"]: row for row in rows}


def read_members(connection: Connection, group_id: int) -> list[int]:
    """The users who are members now, ascending."""
    statement = (
        select(membership.c.user_id)
        .where(
            membership.c.group_id == group_id,
            membership.c.state == MembershipState.ACTIVE.value,
            membership.c.roles != encode_roles(()),
        )
        .order_by(membership.c.user_id)
    )
    return list(connection.execute(statement).scalars())


def read_admins(connection: Connection, group_id: int) -> set[int]:
    """The users who are admins of the group now."""
    statement = select(membership.c.user_id, membership.c.roles).where(
        membership.c.group_id == group_id,
        membership.c.state == MembershipState.ACTIVE.value,
        membership.c.roles.contains(GROUP_ADMIN, autoescape=True),
    )
    return {
        user_id
        for user_id, roles in connection.execute(statement)
        if GROUP_ADMIN in orjson.loads(roles)
    }
