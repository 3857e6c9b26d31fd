"""How many different members of a group classified."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, grains, narrowest, rows
from gateway.stats.subject import Kind, Question


def active_users(question: Question) -> Select[tuple[int, int]]:
    """Rows of group and how many users have at least one classification in the selection."""
    return _active_users(
        narrowest(question, ("user_id",)),
        question.kind,
        filters(question),
        grains(question, Grain.ALL),
    )


@lru_cache(maxsize=256)
def _active_users(
    rollup: RollupSet, kind: Kind, narrowed: tuple[str, ...], grains: tuple[Grain, ...]
) -> Select[Any]:
    piece = rows(rollup, kind, narrowed, grains, ("user_id",)).c
    return select(piece.subject, func.count(piece.user_id.distinct())).group_by(piece.subject)
