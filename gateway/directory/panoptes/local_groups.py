"""Local groups: this gateway decides about them, whatever a Panoptes has of the same ids.

A database that was led with ``STATS_GATEWAY_GROUPS=own`` may stand beside a Panoptes later. What
Panoptes has under the id of such a group is another group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, select

from gateway.db.ids import among
from gateway.db.tables import user_group
from gateway.directory.rows import Row
from gateway.directory.take_over import local_groups_among

#: Request time of a local group: it is never requested, and need not be.
ALWAYS = 2**63 - 1

#: The local ones of groups (``ids``).
LOCAL_GROUPS = select(user_group.c.id).where(
    among(user_group.c.id, "ids"), user_group.c.authority == "gateway"
)

#: The column that names the group in the rows of each list.
_COLUMNS = {"user_groups": "id", "group_records": "group_id", "memberships": "group_id"}


def is_not_local(group: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a group of this id is not local."""
    local = select(user_group.c.id).where(user_group.c.authority == "gateway")
    return group.not_in(local)


def local_among(connection: Connection, group_ids: Iterable[int]) -> frozenset[int]:
    """The local ones of the groups; 0 stands for none."""
    return frozenset(local_groups_among(connection, {*group_ids} - {0}))


def without_local_groups(
    connection: Connection, rows: Mapping[str, Sequence[Row]]
) -> dict[str, Sequence[Row]]:
    """Rows by the name of their list, but for those about local groups."""
    named = {row[column] for name, column in _COLUMNS.items() for row in rows.get(name, ())}
    local = local_among(connection, named)
    return {
        name: [row for row in entries if name not in _COLUMNS or row[_COLUMNS[name]] not in local]
        for name, entries in rows.items()
    }
