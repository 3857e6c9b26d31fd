"""Ranking of volunteers: by number of classifications, by session time, or by id."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, and_, bindparam, func, or_, select

from gateway.calendar import Grain
from gateway.stats.rows import grains, total
from gateway.stats.subject import Question
from gateway.stats.volunteer_rows import VolunteerRows


class Order(Enum):
    """Sort order of a ranking."""

    #: Most events first, ties by ascending user id.
    COUNT = "count"
    #: Most session time first, ties by ascending user id.
    TIME = "time"
    #: Ascending user ids.
    ID = "id"


class RankingCursor(NamedTuple):
    """Cursor of a ranking: the next page begins after the volunteer with this id.

    ``amount`` is the sort key of this volunteer, events or milliseconds; unused by ``Order.ID``.
    """

    amount: int
    user_id: int


def ranking(
    question: Question, *, after: bool, order: Order = Order.COUNT
) -> Select[tuple[int, int, int, int]]:
    """Rows of subject, user, n, ms, in order.

    At most ``limit`` rows (bound) a subject; with ``after``, only those behind the cursor bound as
    ``after_user_id`` and, unless by id, ``after_amount``.
    """
    return _ranking(VolunteerRows.of(question), grains(question, Grain.ALL), after, order)


@lru_cache(maxsize=256)
def _ranking(
    rows: VolunteerRows,
    grains: tuple[Grain, ...],
    after: bool,  # noqa: FBT001 (a cache key)
    order: Order,
) -> Select[Any]:
    piece = rows.rows(grains).c
    volunteers = (
        select(
            piece.subject,
            piece.user_id,
            total(piece.n).label("n"),
            total(piece.ms).label("ms"),
        )
        .group_by(piece.subject, piece.user_id)
        .subquery("summed")
    ).c
    amount = {Order.COUNT: volunteers.n, Order.TIME: volunteers.ms}.get(order)
    behind = []
    if after:
        beyond = volunteers.user_id > bindparam("after_user_id", type_=BigInteger)
        if amount is not None:
            last = bindparam("after_amount", type_=BigInteger)
            beyond = or_(amount < last, and_(amount == last, beyond))
        behind = [beyond]
    by = [volunteers.user_id] if amount is None else [amount.desc(), volunteers.user_id]
    ranked = (
        select(
            volunteers.subject,
            volunteers.user_id,
            volunteers.n,
            volunteers.ms,
            func.row_number().over(partition_by=volunteers.subject, order_by=by).label("rank"),
        )
        .where(*behind)
        .subquery("ranked")
    ).c
    return (
        select(ranked.subject, ranked.user_id, ranked.n, ranked.ms)
        .where(ranked.rank <= bindparam("limit", type_=BigInteger))
        .order_by(ranked.subject, ranked.rank)
    )
