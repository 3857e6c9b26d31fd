"""Growth of goals: how much was added in each bucket, for any number of goals at once.

All goals whose rows are in the same rollup set are one statement: a table of bound numbers holds
their differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, tuple_

from gateway.calendar import Piece
from gateway.db.number_rows import number_rows
from gateway.db.rollup_sets import RollupSet
from gateway.period import Period, next_period, period_starts
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pieces import Pieces
from gateway.stats.rows import filters, narrowest, total
from gateway.stats.subject import Kind, Question, Selection

#: Each bucket that grew: its first day, ascending, and the amount added (above 0).
Steps = tuple[tuple[int, int], ...]


class Growth(NamedTuple):
    """Question: how a metric of a subject grew in the rows of these pieces.

    The projects, workflows and the only user of the ``selection`` apply, not its days. Session time
    is in whole milliseconds. With ``anew``, a week or a month, distinct things count once in each;
    the pieces are days then.
    """

    kind: Kind
    subject_id: int
    metric: GoalMetric
    selection: Selection
    pieces: Pieces
    anew: Period | None = None

    @property
    def rows_of(self) -> GrowthRows:
        """The rollup rows that answer it."""
        question = Question(self.kind, self.selection)
        column = _DISTINCT.get(self.metric)
        rollup = narrowest(question, () if column is None else (column,))
        return GrowthRows(rollup, self.kind, filters(question), column)

    @property
    def parts(self) -> Sequence[Pieces]:
        """The pieces that are counted separately; for sums, one part: each row names its day."""
        if self.anew is None or self.metric not in _DISTINCT:
            return (self.pieces,)
        return [
            (Piece(grain, max(start, first), min(next_period(start, self.anew) - 1, last)),)
            for grain, first, last in self.pieces
            for start in period_starts(first, last, self.anew)
        ]


_DISTINCT = {GoalMetric.CONTRIBUTORS: "user_id", GoalMetric.PROJECTS: "project_id"}


class GrowthRows(NamedTuple):
    """The rollup rows that some goals share: goals with the same rows are one statement."""

    rollup: RollupSet
    kind: Kind
    narrowed: tuple[str, ...]
    #: The column whose distinct values count once, in their first bucket; None for sums.
    distinct: str | None


_QUESTION_COLUMNS = ("part", "question", "subject", "grain", "first", "last")


def growth(rows: GrowthRows) -> Select[tuple[int, int, int, int]]:
    """Rows of part, bucket, and what was added: events and ms, or distinct things and 0.

    Binds :func:`growth_parameters`. A distinct thing counts in its first bucket of a part.
    """
    return _sums(rows) if rows.distinct is None else _first_seen(rows)


def growth_parameters(questions: Sequence[Growth]) -> dict[str, Any]:
    """The parameters of :func:`growth`, for questions about the same rows."""
    return question_parameters([(one.subject_id, one.selection, one.parts) for one in questions])


def question_parameters(
    questions: Sequence[tuple[int, Selection, Sequence[Pieces]]],
) -> dict[str, Any]:
    """Bound parameters: subjects, their selections, and their parts, numbered consecutively."""
    parts = (
        (index, subject, pieces)
        for index, (subject, _, parts) in enumerate(questions)
        for pieces in parts
    )
    bound: dict[str, Any] = {
        "questions": [
            (number, index, subject, int(grain), first, last)
            for number, (index, subject, pieces) in enumerate(parts)
            for grain, first, last in pieces
        ]
    }
    for name in ("project_ids", "workflow_ids", "user_ids"):
        selected = [getattr(selection, name) for _, selection, _ in questions]
        if selected[0] is not None:
            bound[name] = [(index, one) for index, ids in enumerate(selected) for one in ids]
    return bound


def steps_of(questions: Sequence[Growth], rows: Iterable[Any]) -> Mapping[Growth, Steps]:
    """The steps of each question, from rows in no particular order."""
    owners = [one for one in enumerate(questions) for _ in one[1].parts]
    found: list[list[tuple[int, int]]] = [[] for _ in questions]
    for part, bucket, count, ms in rows:
        index, (_, _, metric, *_) = owners[part]
        if metric is GoalMetric.HOURS:
            amount = ms
        else:
            # Each row of an active day counts as one, however many events it has.
            amount = 1 if metric is GoalMetric.ACTIVE_DAYS else count
        if amount:
            found[index].append((bucket, amount))
    return {one: tuple(sorted(steps)) for one, steps in zip(questions, found, strict=True)}


@lru_cache(maxsize=64)
def _sums(rows: GrowthRows) -> Select[Any]:
    requested = question_rows()
    row = rows.rollup.table.c
    ms = total(row.ms) if "ms" in row else literal(0, BigInteger)
    return (
        select(requested.part, row.bucket, total(row.n), ms)
        .where(*joined(rows, requested))
        .group_by(requested.part, row.bucket)
    )


@lru_cache(maxsize=64)
def _first_seen(rows: GrowthRows) -> Select[Any]:
    requested = question_rows()
    row = rows.rollup.table.c
    thing = row[rows.distinct or ""]
    # Events without a project, or by nobody, do not count: their id is 0.
    seen = (
        select(requested.part, func.min(row.bucket).label("bucket"))
        .where(*joined(rows, requested), thing != 0)
        .group_by(requested.part, thing)
        .subquery("seen")
    ).c
    return select(seen.part, seen.bucket, func.count(), literal(0, BigInteger)).group_by(
        seen.part, seen.bucket
    )


def question_rows() -> Any:
    """Columns of the bound table: one row for each piece of each part."""
    return number_rows("questions", _QUESTION_COLUMNS).c


def joined(rows: GrowthRows, requested: Any) -> list[ColumnElement[bool]]:
    """Conditions that join the rollup rows with the requested pieces and apply the selections."""
    row = rows.rollup.table.c
    return [
        row[rows.kind.value] == requested.subject,
        row.grain == requested.grain,
        row.bucket.between(requested.first, requested.last),
        *(
            tuple_(requested.question, row[column]).in_(
                select(*number_rows(f"{column}s", ("question", "id")).c)
            )
            for column in rows.narrowed
        ),
    ]
