"""A group's members by how much they classified: most first, ties by ascending user id."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, and_, bindparam, func, or_, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, grains, narrowest, rows, total
from gateway.stats.subject import Kind, Question


class Place(NamedTuple):
    """Where a page of the ranking goes on: after the member with this count and id."""

    n: int
    user_id: int


def ranking(question: Question, *, after: bool) -> Select[tuple[int, int, int, int]]:
    """Rows of group, user, n, ms, in ranking order.

    At most ``limit`` rows (bound) a group; with ``after``, only those behind the place bound as
    ``after_n`` and ``after_user_id``.
    """
    return _ranking(
        narrowest(question, ("user_id",)),
        question.kind,
        filters(question),
        grains(question, Grain.ALL),
        after,
    )


@lru_cache(maxsize=256)
def _ranking(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    grains: tuple[Grain, ...],
    after: bool,  # noqa: FBT001 (a cache key)
) -> Select[Any]:
    piece = rows(rollup, kind, narrowed, grains, ("user_id",)).c
    n = total(piece.n)
    members = (
        select(
            piece.subject,
            piece.user_id,
            n.label("n"),
            total(piece.ms).label("ms"),
        )
        .group_by(piece.subject, piece.user_id)
        .subquery("member")
    ).c
    behind = []
    if after:
        last_n = bindparam("after_n", type_=BigInteger)
        last_user = bindparam("after_user_id", type_=BigInteger)
        behind = [or_(members.n < last_n, and_(members.n == last_n, members.user_id > last_user))]
    order = (members.n.desc(), members.user_id)
    ranked = (
        select(
            members.subject,
            members.user_id,
            members.n,
            members.ms,
            func.row_number().over(partition_by=members.subject, order_by=order).label("place"),
        )
        .where(*behind)
        .subquery("ranked")
    ).c
    return (
        select(ranked.subject, ranked.user_id, ranked.n, ranked.ms)
        .where(ranked.place <= bindparam("limit", type_=BigInteger))
        .order_by(ranked.subject, ranked.place)
    )
