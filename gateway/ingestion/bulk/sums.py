"""Rollup rows of a bulk load: DuckDB's SQL of every set, over the deduplicated events.

It is separate from the deltas and from the recount: ``verify`` checks it at the end.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from gateway.calendar import MICROSECONDS_A_DAY, Grain
from gateway.db.rollup_sets import RollupSet

_EPOCH = "DATE '1970-01-01'"
_BUCKETS = {
    Grain.DAY: "day",
    Grain.MONTH: f"(date_trunc('month', {_EPOCH} + day)::DATE - {_EPOCH})::INTEGER",
    Grain.YEAR: f"(date_trunc('year', {_EPOCH} + day)::DATE - {_EPOCH})::INTEGER",
    Grain.ALL: "0",
}
_DAY = f"(event_time // {MICROSECONDS_A_DAY})::INTEGER AS day"

#: What each event counts under, alone; a missing user is 0.
_ALONE = f"""CREATE OR REPLACE TABLE alone AS
SELECT {_DAY}, coalesce(user_id, 0) AS user_id, project_id, workflow_id,
  count(*) AS n, sum(session_ms)::BIGINT AS ms
FROM classification GROUP BY ALL"""
_POSTS = f"""CREATE OR REPLACE TABLE posts AS
SELECT {_DAY}, coalesce(user_id, 0) AS user_id, project_id, count(*) AS n
FROM comment GROUP BY ALL"""

#: By user: what counts to a group as well, from (inclusive) until (exclusive).
_ADDED = """CREATE OR REPLACE TABLE added AS
SELECT span.user_id, span.group_id, greatest(span.from_us, tenure.from_us) AS from_us,
  least(coalesce(span.until_us, 9223372036854775807),
        coalesce(tenure.until_us, 9223372036854775807)) AS until_us
FROM membership_span AS span JOIN group_tenure AS tenure USING (group_id)
WHERE tenure.from_us < coalesce(span.until_us, 9223372036854775807)
  AND coalesce(tenure.until_us, 9223372036854775807) > span.from_us
UNION ALL
SELECT user_id, group_id, -9223372036854775808, until + 1 FROM backfill"""
_EVENT = "user_id, event_time, project_id, workflow_id, session_ms"
_OWN = f"""SELECT id, {_EVENT}, unnest(group_ids) AS group_id
FROM classification WHERE user_id IS NOT NULL AND len(group_ids) > 0"""
_IN_TENURE = """SELECT 1 FROM group_tenure AS tenure WHERE tenure.group_id = own.group_id
  AND tenure.from_us <= own.event_time
  AND coalesce(tenure.until_us, 9223372036854775807) > own.event_time"""
_CARRIED = f"SELECT * FROM ({_OWN}) AS own WHERE NOT EXISTS ({_IN_TENURE})"
_OF_RULES = f"""SELECT DISTINCT id, {_EVENT}, added.group_id
FROM classification JOIN added USING (user_id)
WHERE event_time >= added.from_us AND event_time < added.until_us"""
#: An event counts once to a group that it carries and that a rule adds.
_EFFECTIVE = f"""SELECT * FROM ({_CARRIED})
UNION ALL
SELECT * FROM ({_OF_RULES}) AS by_rule WHERE NOT EXISTS (
  SELECT 1 FROM ({_CARRIED}) AS carried
  WHERE carried.id = by_rule.id AND carried.group_id = by_rule.group_id)"""


def add_up(duck: duckdb.DuckDBPyConnection, check: Callable[[], None]) -> None:
    """Aggregate the views ``classification`` and ``comment`` to the finest sums.

    Reads the tables of rules by their names: ``backfill``, ``membership_span``, ``group_tenure``.
    ``check`` is called in between; what it raises ends the work.
    """
    duck.execute(_ALONE)
    check()
    duck.execute(_POSTS)
    duck.execute(_ADDED)
    ((rules,),) = duck.execute(
        "SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM group_tenure)"
    ).fetchall()
    check()
    duck.execute(
        f"CREATE OR REPLACE TABLE grouped AS SELECT {_DAY}, group_id, user_id, project_id,"
        " workflow_id, count(*) AS n, sum(session_ms)::BIGINT AS ms"
        f" FROM ({_EFFECTIVE if rules else _OWN}) GROUP BY ALL"
    )
    check()


def free_sums(duck: duckdb.DuckDBPyConnection) -> None:
    """Free the memory of the sums."""
    for name in ("alone", "posts", "grouped", "day_sums"):
        duck.execute(f"DROP TABLE IF EXISTS {name}")


def rollup_rows(duck: duckdb.DuckDBPyConnection, rollup: RollupSet) -> str:
    """SQL of the rows of a set in the order of its key, after :func:`add_up`."""
    duck.execute(f"CREATE OR REPLACE TABLE day_sums AS {_by_day(rollup)}")
    keys = ", ".join(rollup.keys)
    parts = [
        f"SELECT {_keys(rollup, grain)}, "
        f"{', '.join(f'sum({name})::BIGINT AS {name}' for name in rollup.sums)}"
        " FROM day_sums GROUP BY ALL HAVING count(*) > 0"
        for grain in Grain
    ]
    rows = f"({' UNION ALL '.join(parts)})"
    counts = {"active_users": _active_users, "new_users": _new_users}
    for name in rollup.volunteer_counts:
        rows += f" LEFT JOIN ({counts[name](rollup)}) USING ({keys})"
    measures = [*rollup.sums, *(f"coalesce({name}, 0)" for name in rollup.volunteer_counts)]
    return f"SELECT {keys}, {', '.join(measures)} FROM {rows} ORDER BY {keys}"


def _by_day(rollup: RollupSet) -> str:
    counted = "grouped" if rollup.by_group else "alone"
    source = "posts" if rollup.source == "comment" else counted
    sums = {
        "n": "sum(n)::BIGINT AS n",
        "ms": "sum(ms)::BIGINT AS ms",
        "anonymous_n": "coalesce(sum(n) FILTER (user_id = 0), 0)::BIGINT AS anonymous_n",
    }
    where = " WHERE user_id <> 0" if rollup.entity == "user_id" else ""
    chosen = [*map(_dimension, rollup.dims), "day", *(sums[name] for name in rollup.sums)]
    return f"SELECT {', '.join(chosen)} FROM {source}{where} GROUP BY ALL"


def _active_users(rollup: RollupSet) -> str:
    """SQL that counts each volunteer once per bucket of the entity, at the lowest dimensions."""
    entity = _dimension(rollup.entity)
    lowest = [f"min({name}) AS {name}" for name in rollup.dimensions]
    parts = []
    for grain in Grain:
        chosen = [entity, f"{int(grain)} AS grain", f"{_BUCKETS[grain]} AS bucket", "user_id"]
        parts.append(
            f"SELECT {', '.join([*chosen, *lowest])} FROM alone WHERE user_id <> 0 GROUP BY ALL"
        )
    keys = ", ".join(rollup.keys)
    return (
        f"SELECT {keys}, count(*) AS active_users FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL"
    )


def _new_users(rollup: RollupSet) -> str:
    firsts = (
        f"SELECT {rollup.entity}, user_id, min(day) AS day FROM alone"
        " WHERE user_id <> 0 GROUP BY ALL"
    )
    return " UNION ALL ".join(
        f"SELECT {_keys(rollup, grain)}, count(*) AS new_users FROM ({firsts}) GROUP BY ALL"
        for grain in Grain
    )


def _keys(rollup: RollupSet, grain: Grain) -> str:
    expressions = {"grain": f"{int(grain)} AS grain", "bucket": f"{_BUCKETS[grain]} AS bucket"}
    return ", ".join(expressions.get(name, name) for name in rollup.keys)


def _dimension(name: str) -> str:
    return "0 AS site_id" if name == "site_id" else name
