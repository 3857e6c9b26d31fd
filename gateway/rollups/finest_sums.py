"""Finest sums of the ledger, by the dimensions of all rollup sets, and recounts from them.

A recount from these needs one pass over the ledger for all sets. ``differences`` in ``recount``
needs one for each, and nothing but one statement: a reader can have it of a server at work.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from gateway.db.buckets import day_of
from gateway.db.group_tables import group_tenure
from gateway.db.rollup_sets import RollupSet
from gateway.db.tables import backfill, classification, comment
from gateway.rollups.counted_groups import counted_to_groups
from gateway.rollups.recount import differences_from

_EVENT = ("day", "user_id", "project_id", "workflow_id")
_MEASURES = ("n", "ms")
_metadata = MetaData()


def _table(name: str, *columns: str) -> Table:
    kinds = {"group_ids": Text}
    return Table(
        name, _metadata, *(Column(column, kinds.get(column, BigInteger)) for column in columns)
    )


#: Sums of events that carry the same groups, in the ledger's text. A missing user is null.
EVENT_SUMS = _table("event_sums", *_EVENT, "group_ids", *_MEASURES)
COMMENT_SUMS = _table("comment_sums", *_EVENT[:-1], "n")
#: Sums of events that count to a group.
GROUP_SUMS = _table("group_sums", "group_id", *_EVENT, *_MEASURES)

#: Whether there is a rule for groups: without one, events count to the groups that they carry.
ANY_RULE = select(or_(exists(select(group_tenure.c.group_id)), exists(select(backfill.c.group_id))))


def sums_of_ledger(sums: Table) -> Select[Any]:
    """The Select that fills one of the tables, from the ledger and the rules for groups."""
    if sums is GROUP_SUMS:
        rows = counted_to_groups(lambda group_id: _columns(sums, classification, group_id))
        events = rows.subquery("event").c
    else:
        ledger = comment if sums is COMMENT_SUMS else classification
        events = _columns(sums, ledger).subquery("event").c
    keys = [column for name, column in events.items() if name not in _MEASURES]
    added = [
        cast(func.sum(events[name]), BigInteger).label(name) for name in _MEASURES if name in events
    ]
    return select(*keys, *added).group_by(*keys)


@lru_cache(maxsize=16)
def differences_from_sums(rollup: RollupSet) -> Select[tuple[Any, ...]]:
    """What ``differences`` tells of a set, where the tables of sums are beside its own."""
    if rollup.source == "comment":
        sums = COMMENT_SUMS
    else:
        sums = GROUP_SUMS if rollup.by_group else EVENT_SUMS
    of_user = sums.c.user_id
    available: dict[str, Any] = {
        **sums.c,
        "site_id": literal(0, BigInteger),
        "user_id": func.coalesce(of_user, 0),
        "anonymous_n": sums.c.n * func.coalesce(of_user - of_user, 1),
    }
    dims = [available[name].label(name) for name in rollup.dims]
    events = select(*dims, *(available[name].label(name) for name in rollup.sums), sums.c.day)
    if rollup.by_group or rollup.entity == "user_id":
        events = events.where(of_user.is_not(None))
    days = select(*dims, sums.c.day, of_user) if rollup.volunteer_counts else None
    return differences_from(rollup, events.subquery("event"), days)


def _columns(sums: Table, events: Table, group_id: ColumnElement[int] | None = None) -> Select[Any]:
    available: dict[str, Any] = {
        **events.c,
        "day": day_of(events.c.event_time),
        "group_id": group_id,
        "n": literal(1, BigInteger),
        "ms": events.c.get("session_ms"),
    }
    return select(*(available[name].label(name) for name in sums.c.keys()))  # noqa: SIM118
