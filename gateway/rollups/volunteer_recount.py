"""Recount volunteers, in the database: from the ledger, or from the user set.

Written apart from what changes the counts (``volunteers``) on purpose: each checks the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    FromClause,
    Select,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from gateway.calendar import Grain
from gateway.db.buckets import bucket_of
from gateway.db.rollup_sets import USER, RollupSet


@lru_cache(maxsize=8)
def volunteer_differences(rollup: RollupSet) -> Select[tuple[Any, ...]]:
    """Rows of the set's key and measures: what to add so that its counts follow the user set."""
    user = USER.table.c
    available: dict[str, Any] = {"site_id": literal(0, BigInteger).label("site_id"), **user}
    rows = select(*(available[name] for name in (*rollup.dims, "user_id", "grain", "bucket")))
    stored = select(
        *(rollup.table.c[name] for name in rollup.keys),
        *(literal(0, BigInteger).label(name) for name in rollup.sums),
        *((-rollup.table.c[name]).label(name) for name in rollup.volunteer_counts),
        literal(0).label("rows"),
    )
    both = union_all(*counted_volunteers(rollup, rows.cte("active")), stored).subquery("compared")
    sums = [cast(func.sum(both.c[name]), BigInteger).label(name) for name in rollup.measures]
    counts = sums[len(rollup.sums) :]
    keys = [both.c[name] for name in rollup.keys]
    return select(*keys, *sums).group_by(*keys).having(or_(*(count != 0 for count in counts)))


def volunteers_in_buckets(rollup: RollupSet, days: FromClause) -> CompoundSelect[Any]:
    """Rows of the set's dimensions, user, grain and bucket, from rows with a day in their place."""
    dims = [days.c[name] for name in (*rollup.dims, "user_id")]
    return union_all(
        *(
            select(
                *dims,
                literal(int(grain)).label("grain"),
                bucket_of(days.c.day, grain).label("bucket"),
            ).where(days.c.user_id.is_not(None))
            for grain in Grain
        )
    )


def counted_volunteers(rollup: RollupSet, active: FromClause) -> list[Select[Any]]:
    """The counts of volunteers as rows of the set: keys, measures, and 0 for the row itself.

    ``active`` has rows of the set's dimensions, user, grain and bucket: repeated ones count once.
    """
    counts = {"active_users": _active_users, "new_users": _new_users}
    return [
        _as_rows(rollup, name, counted)
        for name in rollup.volunteer_counts
        for counted in counts[name](rollup, active)
    ]


def _active_users(rollup: RollupSet, active: FromClause) -> list[FromClause]:
    # Each volunteer once in a bucket of the entity: where the dimensions are lowest.
    once = (active.c[rollup.entity], active.c.grain, active.c.bucket)
    lowest = [func.min(active.c[name]).label(name) for name in rollup.dimensions]
    each = select(*once, active.c.user_id, *lowest).group_by(*once, active.c.user_id).subquery()
    keys = [each.c[name] for name in rollup.keys]
    return [select(*keys, func.count().label("counted")).group_by(*keys).subquery()]


def _new_users(rollup: RollupSet, active: FromClause) -> list[FromClause]:
    entity, user = active.c[rollup.entity], active.c.user_id
    firsts = (
        select(entity, func.min(active.c.bucket).label("day"))
        .where(active.c.grain == int(Grain.DAY))
        .group_by(entity, user)
        .subquery()
    )
    found: list[FromClause] = []
    for grain in Grain:
        bucket = bucket_of(firsts.c.day, grain)
        keys = (
            firsts.c[rollup.entity],
            literal(int(grain)).label("grain"),
            bucket.label("bucket"),
        )
        by = (firsts.c[rollup.entity], *((bucket,) if grain is not Grain.ALL else ()))
        found.append(select(*keys, func.count().label("counted")).group_by(*by).subquery())
    return found


def _as_rows(rollup: RollupSet, measure: str, counted: FromClause) -> Select[Any]:
    zero = literal(0, BigInteger)
    return select(
        *(counted.c[name] for name in rollup.keys),
        *((counted.c.counted if name == measure else zero).label(name) for name in rollup.measures),
        literal(0).label("rows"),
    )
