"""Recount the ledger, in the database, and find the differences from a rollup.

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
    return differences_from(rollup, _events(rollup), _volunteer_days(rollup))


def differences_from(
    rollup: RollupSet, events: FromClause, volunteer_days: Select[Any] | None
) -> Select[tuple[Any, ...]]:
    """The same for events as rows of the set's dimensions and sums, and the day.

    ``volunteer_days`` has rows of dimensions, day and user; None if the set counts no volunteers.
    """
    stored = select(
        *(rollup.table.c[name] for name in rollup.keys),
        *((-rollup.table.c[name]).label(name) for name in rollup.measures),
        literal(-1).label("rows"),
    )
    recounted = _recounted(rollup, events, volunteer_days)
    both = union_all(*recounted, stored).subquery("compared")
    sums = [_sum(both.c[name]).label(name) for name in rollup.measures]
    return (
        select(*(both.c[name] for name in rollup.keys), *sums)
        .group_by(*(both.c[name] for name in rollup.keys))
        .having(or_(*(_sum(both.c[name]) != 0 for name in (*rollup.measures, "rows"))))
        .order_by(*(both.c[name] for name in rollup.keys))
    )


def _recounted(
    rollup: RollupSet, events: FromClause, volunteer_days: Select[Any] | None
) -> list[Select[Any]]:
    """The rows that the set should have: keys, measures, and 1 for the row itself."""
    dims = [events.c[name] for name in (*rollup.dims, "day")]
    day_sums = (
        select(*dims, *(_sum(events.c[name]).label(name) for name in rollup.sums))
        .group_by(*dims)
        .cte(f"{rollup.name}_days")
    )
    rows = [_of_grain(rollup, day_sums, grain) for grain in Grain]
    if volunteer_days is not None:
        days = volunteer_days.distinct().cte("volunteer")
        rows += counted_volunteers(rollup, volunteers_in_buckets(rollup, days).cte("active"))
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


def _events(rollup: RollupSet) -> FromClause:
    """One row for each time that an event counts in the set."""
    if rollup.source == "comment":
        events: Select[Any] | CompoundSelect[Any] = _columns(rollup, comment)
    elif not rollup.by_group:
        events = _columns(rollup, classification)
    else:
        events = counted_to_groups(lambda group_id: _columns(rollup, classification, group_id))
    return events.subquery("event")


def _volunteer_days(rollup: RollupSet) -> Select[Any] | None:
    if not rollup.volunteer_counts:
        return None
    events = classification.c
    site = literal(0, BigInteger).label("site_id")
    dims = [site if name == "site_id" else events[name] for name in rollup.dims]
    # No measure: it would keep apart what is counted once.
    return select(*dims, day_of(events.event_time).label("day"), events.user_id)


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
