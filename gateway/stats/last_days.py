"""Last days: when a subject last contributed to each project, or to each workflow.

It is the greatest day among the day rows, which neither deltas nor coarse rows can maintain. For
the projects of a subject, an index made for it finds the day, once for each project that the
all-time rows name. Nothing indexes the others: the day rows of the range are read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, select

from gateway.calendar import Grain
from gateway.db.ids import among
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, narrowest, rows
from gateway.stats.subject import Kind, Question


def last_days(question: Question, by: str = "project_id") -> Select[tuple[int, int, int | None]]:
    """Rows of subject, project (or workflow), and its last day in the range.

    A project without one there may have a row with null. Binds what the day grain of the question
    binds.
    """
    rollup = narrowest(question, (by,))
    if by == "project_id":
        return _last_days(rollup, question.kind, filters(question))
    return _greatest_days(rollup, question.kind, filters(question), (by,))


def member_last_days(
    question: Question, by: str = "project_id"
) -> Select[tuple[int, int, int, int]]:
    """Rows of group, user, project (or workflow), and the last day, for the ``users`` bound.

    Binds what the day grain of the question binds, and the users.
    """
    columns = ("user_id", by)
    return _greatest_days(
        narrowest(question, columns), question.kind, filters(question), columns, users=True
    )


@lru_cache(maxsize=64)
def _greatest_days(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    by: tuple[str, ...],
    *,
    users: bool = False,
) -> Select[Any]:
    piece = rows(rollup, kind, narrowed, (Grain.DAY,), (*by, "bucket"), users=users).c
    keys = (piece.subject, *(piece[column] for column in by))
    return select(*keys, func.max(piece.bucket)).group_by(*keys)


@lru_cache(maxsize=64)
def _last_days(rollup: RollupSet, kind: Kind, narrowed: tuple[str, ...]) -> Select[Any]:
    known, days = rollup.table.alias("known").c, rollup.table.alias("days").c
    subject = kind.value
    pairs = (
        select(known[subject], known.project_id)
        .where(
            among(known[subject], "ids"),
            known.grain == int(Grain.ALL),
            known.bucket == 0,
            *(among(known[column], f"{column}s") for column in narrowed),
        )
        .distinct()
        .subquery("pair")
    ).c
    last = (
        select(func.max(days.bucket))
        .where(
            days[subject] == pairs[subject],
            days.project_id == pairs.project_id,
            # A literal, as in the partial index of these rows: a parameter would not match it.
            days.grain == literal_column(str(int(Grain.DAY))),
            days.bucket.between(bindparam("first_0"), bindparam("last_0")),
            *(among(days[column], f"{column}s") for column in narrowed if column != "project_id"),
        )
        .scalar_subquery()
    )
    return select(pairs[subject], pairs.project_id, last)
