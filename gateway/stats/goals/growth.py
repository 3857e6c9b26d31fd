"""How what a goal counts grew: by how much in each bucket, for any number of goals at once.

All goals whose rows are in the same rollup set are one statement: what they differ in is a table of
bound numbers.
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

#: The first day of each bucket in which something was added, ascending, and how much (above 0).
Steps = tuple[tuple[int, int], ...]


class Growth(NamedTuple):
    """What is asked: how a metric of a subject grew in the rows of these pieces.

    Of the ``selection`` the projects, workflows and the only user count, not the days. Session time
    is in whole milliseconds. With ``anew``, a week or a month, different things count once in each;
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
        """The rows that answer it."""
        question = Question(self.kind, self.selection)
        column = _DISTINCT.get(self.metric)
        rollup = narrowest(question, () if column is None else (column,))
        return GrowthRows(rollup, self.kind, filters(question), column)

    @property
    def parts(self) -> Sequence[Pieces]:
        """The pieces that are counted apart: sums need not be, since each row tells its day."""
        if self.anew is None or self.metric not in _DISTINCT:
            return (self.pieces,)
        return [
            (Piece(grain, max(start, first), min(next_period(start, self.anew) - 1, last)),)
            for grain, first, last in self.pieces
            for start in period_starts(first, last, self.anew)
        ]


_DISTINCT = {GoalMetric.CONTRIBUTORS: "user_id", GoalMetric.PROJECTS: "project_id"}


class GrowthRows(NamedTuple):
    """The rows of some goals: what they have in common, and so one statement."""

    rollup: RollupSet
    kind: Kind
    narrowed: tuple[str, ...]
    #: What is counted once each, at its first bucket; None for sums.
    distinct: str | None


_ASKED = ("part", "asked", "subject", "grain", "first", "last")


def growth(rows: GrowthRows) -> Select[tuple[int, int, int, int]]:
    """Rows of part, bucket, and how much was added: events and ms, or different things and 0.

    Binds :func:`growth_parameters`. A thing that is counted once is in its first bucket of a part.
    """
    return _sums(rows) if rows.distinct is None else _first_seen(rows)


def growth_parameters(asked: Sequence[Growth]) -> dict[str, Any]:
    """What :func:`growth` binds for questions about the same rows; parts are numbered through."""
    return asked_parameters([(one.subject_id, one.selection, one.parts) for one in asked])


def asked_parameters(
    asked: Sequence[tuple[int, Selection, Sequence[Pieces]]],
) -> dict[str, Any]:
    """What binds subjects, what is selected of them, and parts, which are numbered through."""
    parts = (
        (place, subject, pieces)
        for place, (subject, _, parts) in enumerate(asked)
        for pieces in parts
    )
    bound: dict[str, Any] = {
        "asked": [
            (number, place, subject, int(grain), first, last)
            for number, (place, subject, pieces) in enumerate(parts)
            for grain, first, last in pieces
        ]
    }
    for name in ("project_ids", "workflow_ids", "user_ids"):
        selected = [getattr(selection, name) for _, selection, _ in asked]
        if selected[0] is not None:
            bound[name] = [(place, one) for place, ids in enumerate(selected) for one in ids]
    return bound


def steps_of(asked: Sequence[Growth], rows: Iterable[Any]) -> Mapping[Growth, Steps]:
    """How each grew, from rows in no particular order."""
    owners = [one for one in enumerate(asked) for _ in one[1].parts]
    found: list[list[tuple[int, int]]] = [[] for _ in asked]
    for part, bucket, count, ms in rows:
        place, (_, _, metric, *_) = owners[part]
        if metric is GoalMetric.HOURS:
            amount = ms
        else:
            # Of active days, each row is one, however many events it has.
            amount = 1 if metric is GoalMetric.ACTIVE_DAYS else count
        if amount:
            found[place].append((bucket, amount))
    return {one: tuple(sorted(steps)) for one, steps in zip(asked, found, strict=True)}


@lru_cache(maxsize=64)
def _sums(rows: GrowthRows) -> Select[Any]:
    asked = asked_rows()
    row = rows.rollup.table.c
    ms = total(row.ms) if "ms" in row else literal(0, BigInteger)
    return (
        select(asked.part, row.bucket, total(row.n), ms)
        .where(*joined(rows, asked))
        .group_by(asked.part, row.bucket)
    )


@lru_cache(maxsize=64)
def _first_seen(rows: GrowthRows) -> Select[Any]:
    asked = asked_rows()
    row = rows.rollup.table.c
    thing = row[rows.distinct or ""]
    # What names no project, or nobody, is none.
    seen = (
        select(asked.part, func.min(row.bucket).label("bucket"))
        .where(*joined(rows, asked), thing != 0)
        .group_by(asked.part, thing)
        .subquery("seen")
    ).c
    return select(seen.part, seen.bucket, func.count(), literal(0, BigInteger)).group_by(
        seen.part, seen.bucket
    )


def asked_rows() -> Any:
    """Columns of the bound table: one row for each piece of each part."""
    return number_rows("asked", _ASKED).c


def joined(rows: GrowthRows, asked: Any) -> list[ColumnElement[bool]]:
    """What joins the rollup rows with the asked pieces, and keeps those that are selected."""
    row = rows.rollup.table.c
    return [
        row[rows.kind.value] == asked.subject,
        row.grain == asked.grain,
        row.bucket.between(asked.first, asked.last),
        *(
            tuple_(asked.asked, row[column]).in_(
                select(*number_rows(f"{column}s", ("place", "id")).c)
            )
            for column in rows.narrowed
        ),
    ]
