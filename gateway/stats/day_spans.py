"""Day spans: the first and the last day with events.

Deltas cannot maintain them. They are the ends of the day rows in a range: each is the end of one
index range, looked up once for each entity that the rows are stored under.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, literal, select

from gateway.calendar import Grain
from gateway.db.ids import among, each_id
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, narrowest, rows
from gateway.stats.subject import Kind, Question


def day_spans(question: Question) -> Select[tuple[int, int | None, int | None]]:
    """Rows of subject, first and last day with events in the range; nulls, or no row, without any.

    Binds what the day grain of the question binds.
    """
    return _day_spans(narrowest(question), question.kind, filters(question))


@lru_cache(maxsize=128)
def _day_spans(rollup: RollupSet, kind: Kind, narrowed: tuple[str, ...]) -> Select[Any]:
    of_subject = kind.value == rollup.entity
    if not of_subject and (kind is not Kind.SITE or rollup.entity not in narrowed):
        # The rows are stored under another entity than the subject: read them.
        piece = rows(rollup, kind, narrowed, (Grain.DAY,), ("bucket",)).c
        least_and_greatest = (func.min(piece.bucket), func.max(piece.bucket))
        return select(piece.subject, *least_and_greatest).group_by(piece.subject)
    one = each_id("ids" if of_subject else f"{rollup.entity}s")
    days = rollup.table.c
    rest = [column for column in narrowed if column != rollup.entity]
    of_days = (
        days[rollup.entity] == one,
        days.grain == int(Grain.DAY),
        days.bucket.between(bindparam("first_0"), bindparam("last_0")),
        *(among(days[column], f"{column}s") for column in rest),
    )
    # Two ends of one index range: the least and the greatest together would read all of it.
    first = select(func.min(days.bucket)).where(*of_days).scalar_subquery()
    last = select(func.max(days.bucket)).where(*of_days).scalar_subquery()
    columns: list[ColumnElement[Any]] = [one, first, last]
    if of_subject and rollup.entity not in narrowed:
        return select(*columns)
    ends = select(one.label("one"), first.label("first"), last.label("last")).subquery("ends").c
    if of_subject:
        return select(*ends).where(among(ends.one, f"{rollup.entity}s"))
    columns = [literal(0, BigInteger), func.min(ends.first), func.max(ends.last)]
    return select(*columns)
