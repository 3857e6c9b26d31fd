"""Count the ledger anew, in the database, and tell where a rollup says something else.

The recount is written apart from the deltas (``deltas``) on purpose: each checks the other.
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
from gateway.db.buckets import bucket_of, day_of
from gateway.db.rollup_sets import RollupSet
from gateway.db.tables import classification, comment
from gateway.rollups.counted_groups import counted_to_groups
from gateway.rollups.volunteer_recount import counted_volunteers, volunteers_in_buckets


@lru_cache(maxsize=64)
def differences(rollup: RollupSet) -> Select[tuple[Any, ...]]:
    """Rows of the set's key and measures: what has to be added to make the rollup right.

    None where it is. A stored row that counts nothing is a difference as well, of zeros.
    """
    stored = select(
        *(rollup.table.c[name] for name in rollup.keys),
        *((-rollup.table.c[name]).label(name) for name in rollup.measures),
        literal(-1).label("rows"),
    )
    both = union_all(*_recounted(rollup), stored).subquery("compared")
    sums = [_sum(both.c[name]).label(name) for name in rollup.measures]
    return (
        select(*(both.c[name] for name in rollup.keys), *sums)
        .group_by(*(both.c[name] for name in rollup.keys))
        .having(or_(*(_sum(both.c[name]) != 0 for name in (*rollup.measures, "rows"))))
        .order_by(*(both.c[name] for name in rollup.keys))
    )


def _recounted(rollup: RollupSet) -> list[Select[Any]]:
    """The rows that the set should have: keys, measures, and 1 for the row itself."""
    events = _events(rollup).subquery("event")
    dims = [events.c[name] for name in (*rollup.dims, "day")]
    day_sums = (
        select(*dims, *(_sum(events.c[name]).label(name) for name in rollup.sums))
        .group_by(*dims)
        .cte(f"{rollup.name}_days")
    )
    rows = [_of_grain(rollup, day_sums, grain) for grain in Grain]
    if rollup.volunteer_counts:
        user_id = classification.c.user_id
        days = _columns(rollup, classification).add_columns(user_id).distinct().cte("volunteer")
        active = volunteers_in_buckets(rollup, days).cte("active")
        rows += counted_volunteers(rollup, active)
    return rows


def _of_grain(rollup: RollupSet, day_sums: FromClause, grain: Grain) -> Select[Any]:
    bucket = bucket_of(day_sums.c.day, grain)
    dims = {name: day_sums.c[name] for name in rollup.dims}
    keys = dims | {"grain": literal(int(grain)), "bucket": bucket}
    return select(
        *(keys[name].label(name) for name in rollup.keys),
        *(_sum(day_sums.c[name]).label(name) for name in rollup.sums),
        *(literal(0, BigInteger).label(name) for name in rollup.volunteer_counts),
        literal(1).label("rows"),
    ).group_by(*dims.values(), *((bucket,) if grain is not Grain.ALL else ()))


def _events(rollup: RollupSet) -> Select[Any] | CompoundSelect[Any]:
    """One row for each time that an event counts in the set."""
    if rollup.source == "comment":
        return _columns(rollup, comment)
    if not rollup.by_group:
        return _columns(rollup, classification)
    return counted_to_groups(lambda group_id: _columns(rollup, classification, group_id))


def _columns(rollup: RollupSet, events: FromClause, group_id: Any = None) -> Select[Any]:
    user_id = events.c.user_id
    available: dict[str, Any] = {
        "site_id": literal(0, BigInteger),
        "group_id": group_id,
        "project_id": events.c.project_id,
        "workflow_id": events.c.get("workflow_id"),
        "user_id": func.coalesce(user_id, 0),
        "n": literal(1, BigInteger),
        "ms": events.c.get("session_ms"),
        "anonymous_n": func.coalesce(user_id - user_id, 1),
    }
    chosen = select(
        *(available[name].label(name) for name in (*rollup.dims, *rollup.sums)),
        day_of(events.c.event_time).label("day"),
    )
    known_users_only = rollup.by_group or rollup.entity == "user_id"
    return chosen.where(user_id.is_not(None)) if known_users_only else chosen


def _sum(column: Any) -> Any:
    return cast(func.sum(column), BigInteger)
