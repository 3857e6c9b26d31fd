"""New ids: above all that were ever seen, and never assigned twice."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, func, select

from gateway.db.goal_tables import goal
from gateway.db.group_tables import group_change, last_id
from gateway.db.rollup_sets import GROUP
from gateway.db.tables import backfill, membership, user_group
from gateway.db.upsert import replace_rows


class IdKind(StrEnum):
    """Kinds of ids that are assigned here."""

    USER_GROUP = "user_group"
    MEMBERSHIP = "membership"
    GROUP_CHANGE = "group_change"
    GOAL = "goal"


#: Columns of ids that may have come from elsewhere; each is the first of an index.
_SEEN = {
    IdKind.USER_GROUP: (user_group.c.id, backfill.c.group_id, goal.c.group_id),
    IdKind.MEMBERSHIP: (membership.c.id,),
    IdKind.GROUP_CHANGE: (group_change.c.id,),
    IdKind.GOAL: (goal.c.id,),
}
#: Events name groups that no directory knows, and a browser may have written them: new groups come
#: after those up to Panoptes' greatest id, so that nobody can use the ids up. Beyond, they pass by.
_LARGEST_OF_PANOPTES = 2**31 - 1
_counted = GROUP.table.c.group_id


def new_ids(connection: Connection, kind: IdKind, number: int = 1) -> range:
    """So many new ids, ascending; called under the writer lock."""
    given = select(last_id.c.id).where(last_id.c.kind == kind.value)
    last = connection.execute(given).scalar() or 0
    for column in _SEEN[kind]:
        last = max(last, connection.execute(select(func.max(column))).scalar() or 0)
    if kind is IdKind.USER_GROUP:
        last = _before_counted(connection, last, number)
    if number:
        replace_rows(connection, last_id, [(kind.value, last + number)])
    return range(last + 1, last + 1 + number)


def _before_counted(connection: Connection, last: int, number: int) -> int:
    """The id after which so many are free of groups that events name."""
    of_panoptes = select(func.max(_counted)).where(_counted <= _LARGEST_OF_PANOPTES)
    last = max(last, connection.execute(of_panoptes).scalar() or 0)
    while taken := connection.execute(
        select(func.max(_counted)).where(_counted.between(last + 1, last + number))
    ).scalar():
        last = taken
    return last
