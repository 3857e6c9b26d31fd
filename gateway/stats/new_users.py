"""New users: how many volunteers classified for a project for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from gateway.calendar import FIRST_DAY, LAST_DAY, Grain
from gateway.db.rollup_sets import PROJECT
from gateway.stats.rows import filters, grains, parameters, rows, total
from gateway.stats.subject import Kind, Question
from gateway.stats.volunteer_rows import VolunteerRows


def new_users(question: Question, coarsest: Grain) -> Select[tuple[int, int, int]]:
    """Rows of project, a bucket of at most the ``coarsest`` grain, and its number of new users.

    Only volunteers whose first day, of all time, lies in the range. The rows of projects store it;
    for some workflows of a project, the days of their volunteers are read. Binds
    :func:`new_users_parameters`.
    """
    if filters(question):
        return _counted(VolunteerRows.of(question))
    return _stored(grains(question, coarsest))


def new_users_parameters(question: Question, ids: Iterable[int], coarsest: Grain) -> dict[str, Any]:
    """The parameters of :func:`new_users`."""
    bound = parameters(question, ids, coarsest)
    if not filters(question):
        return bound
    start, end = question.selection.days
    return bound | {
        "always_first_0": FIRST_DAY,
        "always_last_0": LAST_DAY,
        "first_day": FIRST_DAY if start is None else start,
        "last_day": LAST_DAY if end is None else end,
    }


@lru_cache(maxsize=64)
def _stored(grains: tuple[Grain, ...]) -> Select[Any]:
    row = rows(PROJECT, Kind.PROJECT, (), grains, ("bucket", "new_users")).c
    by = (row.subject, row.bucket)
    return select(*by, total(row.new_users)).where(row.new_users > 0).group_by(*by)


@lru_cache(maxsize=16)
def _counted(volunteers: VolunteerRows) -> Select[Any]:
    row = volunteers.rows((Grain.DAY,), "always_").c
    first = (
        select(row.subject, func.min(row.bucket).label("day"))
        .group_by(row.subject, row.user_id)
        .subquery("first")
    ).c
    return (
        select(first.subject, first.day, func.count())
        .where(first.day.between(bindparam("first_day"), bindparam("last_day")))
        .group_by(first.subject, first.day)
    )
