"""Sums of events and session time: for each subject, and grouped by further columns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, grains, narrowest, rows, total
from gateway.stats.subject import Kind, Question


def sums(
    question: Question, by: tuple[str, ...] = (), coarsest: Grain = Grain.ALL
) -> Select[tuple[Any, ...]]:
    """Rows of subject, the columns of ``by``, n, ms, anonymous n; no row where there is no event.

    ``by`` may hold dimensions of the rollups (``project_id``, ``user_id``) and ``bucket``, which
    is the day that a row of at most the ``coarsest`` grain starts on.
    """
    dimensions = tuple(column for column in by if column != "bucket")
    return _sums(
        narrowest(question, dimensions),
        question.kind,
        filters(question),
        grains(question, coarsest),
        by,
    )


def member_sums(
    question: Question, by: str = "project_id", coarsest: Grain = Grain.ALL
) -> Select[tuple[int, int, int, int, int]]:
    """Rows of group, user, a column as ``sums`` has it, n, ms for the users bound to ``users``."""
    columns = ("user_id",) if by == "bucket" else ("user_id", by)
    rollup = narrowest(question, columns)
    return _member_sums(rollup, question.kind, filters(question), grains(question, coarsest), by)


@lru_cache(maxsize=512)
def _sums(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    grains: tuple[Grain, ...],
    by: tuple[str, ...],
) -> Select[Any]:
    piece = rows(rollup, kind, narrowed, grains, by).c
    keys = [piece.subject, *(piece[column] for column in by)]
    return select(*keys, total(piece.n), total(piece.ms), total(piece.anonymous_n)).group_by(*keys)


@lru_cache(maxsize=512)
def _member_sums(
    rollup: RollupSet, kind: Kind, narrowed: tuple[str, ...], grains: tuple[Grain, ...], by: str
) -> Select[Any]:
    piece = rows(rollup, kind, narrowed, grains, ("user_id", by), users=True).c
    keys = [piece.subject, piece.user_id, piece[by]]
    return select(*keys, total(piece.n), total(piece.ms)).group_by(*keys)
