"""Rollup rows that answer a question: from the narrowest set, in exactly the requested range.

Each piece of a range is one index range of one grain, and the pieces are united: they never
overlap, so their rows add up to the events of the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    bindparam,
    cast,
    func,
    literal,
    select,
    union_all,
)

from gateway.calendar import Grain, decompose
from gateway.db import rollup_sets as sets
from gateway.db.ids import among
from gateway.db.rollup_sets import RollupSet
from gateway.stats.subject import Activity, Kind, Question

#: Narrowest first: the first that has the columns a question needs answers it.
_CANDIDATES: Mapping[tuple[Activity, Kind], tuple[RollupSet, ...]] = {
    (Activity.CLASSIFICATIONS, Kind.SITE): (sets.SITE, sets.PROJECT, sets.WORKFLOW),
    (Activity.CLASSIFICATIONS, Kind.PROJECT): (sets.PROJECT, sets.WORKFLOW),
    (Activity.CLASSIFICATIONS, Kind.WORKFLOW): (sets.WORKFLOW,),
    (Activity.CLASSIFICATIONS, Kind.USER): (sets.USER,),
    (Activity.CLASSIFICATIONS, Kind.GROUP): (
        sets.GROUP,
        sets.GROUP_PROJECT,
        sets.GROUP_USER,
        sets.GROUP_MEMBER,
    ),
    (Activity.COMMENTS, Kind.SITE): (sets.SITE_COMMENT, sets.USER_COMMENT, sets.PROJECT_COMMENT),
    (Activity.COMMENTS, Kind.PROJECT): (sets.PROJECT_COMMENT,),
    (Activity.COMMENTS, Kind.USER): (sets.USER_COMMENT, sets.PROJECT_COMMENT),
}


def filters(question: Question) -> tuple[str, ...]:
    """The columns that the question's selection narrows."""
    return tuple(column for column, ids in _narrowing(question).items() if ids is not None)


def _narrowing(question: Question) -> dict[str, tuple[int, ...] | None]:
    selection = question.selection
    return {
        "project_id": selection.project_ids,
        "workflow_id": selection.workflow_ids,
        "user_id": selection.user_ids,
    }


def narrowest(question: Question, columns: Iterable[str] = ()) -> RollupSet:
    """The smallest set that has these columns and those the selection narrows."""
    needed = {*columns, *filters(question)}
    for candidate in _CANDIDATES[question.selection.activity, question.kind]:
        if needed <= set(candidate.dims):
            return candidate
    raise LookupError(f"no rollup set can answer {question} by {sorted(needed)}")


def grains(question: Question, coarsest: Grain) -> tuple[Grain, ...]:
    """The grain of each piece of the question's range."""
    return tuple(piece.grain for piece in decompose(question.selection.days, coarsest))


def parameters(
    question: Question, ids: Iterable[int], coarsest: Grain = Grain.ALL
) -> dict[str, Any]:
    """The parameters of :func:`rows`: the subjects, the pieces' bounds and the selection's ids."""
    bound: dict[str, Any] = {"ids": list(ids)}
    for index, piece in enumerate(decompose(question.selection.days, coarsest)):
        bound[f"first_{index}"] = piece.first
        bound[f"last_{index}"] = piece.last
    bound |= {f"{column}s": ids for column, ids in _narrowing(question).items() if ids is not None}
    return bound


@lru_cache(maxsize=512)
def rows(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    grains: tuple[Grain, ...],
    columns: tuple[str, ...],
    *,
    users: bool = False,
    prefix: str = "",
) -> Subquery:
    """The rows as ``subject``, the named columns, and the measures ``n``, ``ms``, ``anonymous_n``.

    With ``users``, only those of the users bound to that name. Binds the bounds of the pieces under
    names with the ``prefix``.
    """
    table = rollup.table.c
    subject: ColumnElement[int] = literal(0, BigInteger)
    conditions: list[ColumnElement[bool]] = []
    if kind.value in rollup.dims:
        subject = table[kind.value]
        conditions.append(among(subject, "ids"))
    conditions += [among(table[column], f"{column}s") for column in narrowed]
    if users:
        conditions.append(among(table.user_id, "users"))
    zero = literal(0, BigInteger)
    selected = (
        subject.label("subject"),
        *(table[column] for column in columns),
        *((table[m] if m in rollup.measures else zero).label(m) for m in _MEASURES),
    )
    pieces = [
        select(*selected).where(
            *conditions,
            table.grain == int(grain),
            table.bucket.between(
                bindparam(f"{prefix}first_{index}"), bindparam(f"{prefix}last_{index}")
            ),
        )
        for index, grain in enumerate(grains)
    ]
    return (pieces[0] if len(pieces) == 1 else union_all(*pieces)).subquery("piece")


_MEASURES = ("n", "ms", "anonymous_n")


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """A sum as 64 bits: PostgreSQL would answer a numeric."""
    return cast(func.sum(column), BigInteger)
