"""A group's members by how much they classified, or by their ids."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, and_, bindparam, func, or_, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import RollupSet
from gateway.stats.rows import filters, grains, narrowest, rows, total
from gateway.stats.subject import Kind, Question


class Order(Enum):
    """Which members come first."""

    #: Most events first, ties by ascending user id.
    COUNT = "count"
    #: Ascending user ids.
    ID = "id"


class Place(NamedTuple):
    """Where a page goes on: after the member with this id, and by ``Order.COUNT`` this count."""

    n: int
    user_id: int


def ranking(
    question: Question, *, after: bool, order: Order = Order.COUNT
) -> Select[tuple[int, int, int, int]]:
    """Rows of group, user, n, ms, in order.

    At most ``limit`` rows (bound) a group; with ``after``, only those behind the place bound as
    ``after_user_id`` and, by count, ``after_n``.
    """
    return _ranking(
        narrowest(question, ("user_id",)),
        question.kind,
        filters(question),
        grains(question, Grain.ALL),
        after,
        order,
    )


@lru_cache(maxsize=256)
def _ranking(
    rollup: RollupSet,
    kind: Kind,
    narrowed: tuple[str, ...],
    grains: tuple[Grain, ...],
    after: bool,  # noqa: FBT001 (a cache key)
    order: Order,
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
        beyond = members.user_id > last_user
        if order is Order.COUNT:
            beyond = or_(members.n < last_n, and_(members.n == last_n, beyond))
        behind = [beyond]
    by = (members.n.desc(), members.user_id) if order is Order.COUNT else (members.user_id,)
    ranked = (
        select(
            members.subject,
            members.user_id,
            members.n,
            members.ms,
            func.row_number().over(partition_by=members.subject, order_by=by).label("place"),
        )
        .where(*behind)
        .subquery("ranked")
    ).c
    return (
        select(ranked.subject, ranked.user_id, ranked.n, ranked.ms)
        .where(ranked.place <= bindparam("limit", type_=BigInteger))
        .order_by(ranked.subject, ranked.place)
    )
