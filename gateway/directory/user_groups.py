"""Groups of volunteers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from gateway.db.ids import among
from gateway.db.tables import user_group
from gateway.directory.stats_visibility import StatsVisibility


class UserGroup(NamedTuple):
    """A group; ``private`` is Panoptes' mark, which alone hides nothing (see ``gateway.auth``)."""

    id: int
    name: str | None
    display_name: str | None
    stats_visibility: StatsVisibility
    private: bool


def user_group_of(row: Sequence[Any]) -> UserGroup:
    """The group that a row of ``USER_GROUPS_BY_ID`` tells of."""
    group_id, name, display_name, level, private = row
    return UserGroup(group_id, name, display_name, StatsVisibility(level), private)


#: The groups with these ``ids``, in no particular order.
USER_GROUPS_BY_ID = select(
    user_group.c.id,
    user_group.c.name,
    user_group.c.display_name,
    user_group.c.stats_visibility,
    user_group.c.private,
).where(among(user_group.c.id, "ids"))
