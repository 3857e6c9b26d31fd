"""Unusual days: when a volunteer classified more, or longer, than a threshold.

All day rows of the volunteers in the range are read: no row stores what is unusual.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, bindparam, func, or_, select

from gateway.calendar import Grain
from gateway.stats.rows import total
from gateway.stats.subject import Question
from gateway.stats.volunteer_rows import VolunteerRows


def unusual_days(question: Question) -> Select[tuple[int, int, int, int, int]]:
    """Rows of subject, user, day, n, ms: the days on which n exceeds ``most_n`` or ms ``most_ms``.

    Those of the first ``limit`` users of each subject, by ascending id, behind ``after_user_id``.
    Binds these, and what the day grain of the question does.
    """
    return _unusual_days(VolunteerRows.of(question))


def unusual_users(question: Question) -> Select[tuple[int, int]]:
    """Rows of subject and the number of users with such a day.

    Binds ``most_n``, ``most_ms``, and what the day grain of the question does.
    """
    return _unusual_users(VolunteerRows.of(question))


@lru_cache(maxsize=64)
def _unusual_days(volunteers: VolunteerRows) -> Select[Any]:
    day = _exceeding(volunteers, after=True).c
    ranked = (
        select(
            *(day.subject, day.user_id, day.bucket, day.n, day.ms),
            func.dense_rank().over(partition_by=day.subject, order_by=day.user_id).label("rank"),
        ).subquery("ranked")
    ).c
    return select(ranked.subject, ranked.user_id, ranked.bucket, ranked.n, ranked.ms).where(
        ranked.rank <= bindparam("limit", type_=BigInteger)
    )


@lru_cache(maxsize=64)
def _unusual_users(volunteers: VolunteerRows) -> Select[Any]:
    day = _exceeding(volunteers, after=False).c
    return select(day.subject, func.count(day.user_id.distinct())).group_by(day.subject)


def _exceeding(volunteers: VolunteerRows, *, after: bool) -> Subquery:
    row = volunteers.rows((Grain.DAY,)).c
    by = (row.subject, row.user_id, row.bucket)
    n, ms = total(row.n), total(row.ms)
    found = (
        select(*by, n.label("n"), ms.label("ms"))
        .group_by(*by)
        .having(
            or_(
                n > bindparam("most_n", type_=BigInteger),
                ms > bindparam("most_ms", type_=BigInteger),
            )
        )
    )
    if after:
        found = found.where(row.user_id > bindparam("after_user_id", type_=BigInteger))
    return found.subquery("unusual")
