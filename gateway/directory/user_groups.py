"""Groups of volunteers, and statements that read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select

from gateway.auth.visibility import ViewerRole, may_see_aggregates
from gateway.db.ids import among
from gateway.db.tables import group_record, user_group
from gateway.directory.stats_visibility import StatsVisibility

#: The state of a group that goes on; so does one of which nothing is said.
ACTIVE = "active"


#: In a statement that joins ``group_record`` (outer): the group has not ended.
GOES_ON = or_(group_record.c.state.is_(None), group_record.c.state == ACTIVE)


class UserGroup(NamedTuple):
    """A group; ``private`` is Panoptes' mark, which alone hides nothing (see ``gateway.auth``).

    One that ended was deleted, or is in any other state than active.
    """

    id: int
    name: str | None
    display_name: str | None
    stats_visibility: StatsVisibility
    private: bool
    ended: bool = False
    #: Microseconds since the epoch; None if unknown.
    created_at: int | None = None
    updated_at: int | None = None
    #: Grows with each change of what everybody may see.
    revision: int = 1


def is_ended(state: str | None) -> bool:
    """Whether a group of this state has ended."""
    return state not in (None, ACTIVE)


def user_group_of(row: Sequence[Any]) -> UserGroup:
    """The group in a row of ``USER_GROUPS_BY_ID``."""
    group_id, name, display_name, level, private, state, *rest = row
    visibility = StatsVisibility(level)
    return UserGroup(group_id, name, display_name, visibility, private, is_ended(state), *rest)


#: The groups with these ``ids``, in no particular order.
USER_GROUPS_BY_ID = (
    select(
        user_group.c.id,
        user_group.c.name,
        user_group.c.display_name,
        user_group.c.stats_visibility,
        user_group.c.private,
        group_record.c.state,
        group_record.c.created_at,
        group_record.c.last_modified_at,
        user_group.c.revision,
    )
    .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    .where(among(user_group.c.id, "ids"))
)

_PUBLIC_LEVELS = [
    int(level) for level in StatsVisibility if may_see_aggregates(level, ViewerRole.ANYONE)
]
#: Up to ``most`` ids of groups that go on and whose aggregates anyone may see, in their order.
OPEN_GROUPS = (
    select(user_group.c.id)
    .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    .where(
        or_(*(user_group.c.stats_visibility == level for level in _PUBLIC_LEVELS)),
        GOES_ON,
    )
    .order_by(user_group.c.id)
    .limit(bindparam("most"))
)
