"""Present data: the first entities with events, and the first and last day of an entity."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import GROUP, PROJECT, SITE, USER, RollupSet
from gateway.stats.subject import Kind

_SETS: dict[Kind, RollupSet] = {
    Kind.SITE: SITE,
    Kind.PROJECT: PROJECT,
    Kind.USER: USER,
    Kind.GROUP: GROUP,
}

#: The project with the lowest id that has classifications; no row if there is none.
FIRST_PROJECT = (
    select(PROJECT.table.c.project_id)
    .where(PROJECT.table.c.grain == int(Grain.ALL), PROJECT.table.c.project_id > 0)
    .order_by(PROJECT.table.c.project_id)
    .limit(1)
)

#: The same among the projects that the ``user`` has classified for.
FIRST_PROJECT_OF_USER = (
    select(USER.table.c.project_id)
    .where(
        USER.table.c.user_id == bindparam("user"),
        USER.table.c.grain == int(Grain.ALL),
        USER.table.c.project_id > 0,
    )
    .order_by(USER.table.c.project_id)
    .limit(1)
)


def first_and_last_day(kind: Kind) -> Select[Any]:
    """Day numbers of the first and last classification of ``entity``; nulls if there is none."""
    rollup = _SETS[kind]
    columns = rollup.table.c
    days = select(columns.bucket).where(
        columns[rollup.entity] == bindparam("entity"), columns.grain == int(Grain.DAY)
    )
    # Two ends of one index range: the least and the greatest together would read all of it.
    first = days.order_by(columns.bucket).limit(1).scalar_subquery()
    last = days.order_by(columns.bucket.desc()).limit(1).scalar_subquery()
    return select(first.label("first"), last.label("last"))
