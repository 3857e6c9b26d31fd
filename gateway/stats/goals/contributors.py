"""Top contributors of goals: the first members, for any number of groups' goals at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, bindparam, func, select

from gateway.stats.goals.growth import GrowthRows, joined, question_rows
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pieces import Pieces
from gateway.stats.rows import filters, narrowest, total
from gateway.stats.subject import Kind, Question, Selection


class Contributors(NamedTuple):
    """Question: who classified most, or longest, for a group in these pieces of time.

    At most ``first`` of them. Only the projects and workflows of the ``selection`` apply.
    """

    group_id: int
    selection: Selection
    pieces: Pieces
    metric: GoalMetric
    first: int

    @property
    def rows_of(self) -> GrowthRows:
        """The rollup rows that answer it; questions with the same rows are one statement."""
        question = Question(Kind.GROUP, self.selection)
        return GrowthRows(
            narrowest(question, ("user_id",)), Kind.GROUP, filters(question), "user_id"
        )


class Contributor(NamedTuple):
    """One volunteer's sums; ``ms`` is session time in whole milliseconds."""

    user_id: int
    n: int
    ms: int


def contributors(rows: GrowthRows, *, by_time: bool) -> Select[tuple[int, int, int, int]]:
    """Rows of part, user, n, ms: the first ``limit`` of each part, ties by ascending id.

    Binds ``limit`` and what :func:`growth_parameters` binds.
    """
    return _contributors(rows, by_time)


def in_order(found: Sequence[Contributor], question: Contributors) -> tuple[Contributor, ...]:
    """Sort and cut contributors: most first, ties by ascending id, at most ``question.first``."""
    by_time = question.metric is GoalMetric.HOURS
    ordered = sorted(found, key=lambda one: (-(one.ms if by_time else one.n), one.user_id))
    return tuple(ordered[: question.first])


@lru_cache(maxsize=16)
def _contributors(rows: GrowthRows, by_time: bool) -> Select[Any]:  # noqa: FBT001 (a cache key)
    requested = question_rows()
    row = rows.rollup.table.c
    sums = (
        select(
            requested.part,
            row.user_id,
            total(row.n).label("n"),
            total(row.ms).label("ms"),
        )
        .where(*joined(rows, requested))
        .group_by(requested.part, row.user_id)
        .subquery("sums")
    ).c
    order = (sums.ms if by_time else sums.n).desc(), sums.user_id
    ranked = (
        select(
            *sums, func.row_number().over(partition_by=sums.part, order_by=order).label("rank")
        ).subquery("ranked")
    ).c
    return select(ranked.part, ranked.user_id, ranked.n, ranked.ms).where(
        ranked.rank <= bindparam("limit", type_=BigInteger)
    )
