"""Recount groups after changes of their past: spans, tenures, backfills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from gateway.calendar import Grain
from gateway.changes.log import log_change
from gateway.db.buckets import day_of
from gateway.db.ids import among
from gateway.db.rollup_sets import GROUP_MEMBER
from gateway.db.tables import classification
from gateway.rollups.counted_groups import counted_to_groups
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.rebuild import note_rebuild


def recount_groups(connection: Connection, group_ids: Collection[int]) -> None:
    """Recount all rollups of these groups from the ledger and the rules, and log what changed.

    In the writing transaction, after the rows were written; the spans of a pair, and the tenures
    of a group, must not overlap. Reads the whole ledger once. A rebuild that is under way fails.
    """
    if not group_ids:
        return
    deltas = RollupDeltas()
    groups, users = set(), set()
    for row in connection.execute(_DIFFERENCES, {"groups": sorted(group_ids)}).all():
        day, group_id, user_id, project_id, workflow_id, n, ms = row
        deltas.grouped(day, user_id, project_id, workflow_id, [group_id], n, ms)
        groups.add(group_id)
        users.add(user_id)
    if groups:
        deltas.write(connection)
        note_rebuild(connection)
        log_change(connection, user_group=groups, user=users)


def _counted(group_id: ColumnElement[int]) -> Select[Any]:
    events = classification.c
    return select(
        day_of(events.event_time).label("day"),
        group_id.label("group_id"),
        events.user_id,
        events.project_id,
        events.workflow_id,
        literal(1, BigInteger).label("n"),
        events.session_ms.label("ms"),
        # No bare column: SQLite would try each of the groups for each event in the keys of spans.
    ).where(among(group_id + 0, "groups"))


def _differences() -> Select[Any]:
    """What to add to the finest rows of the groups, of which all others are sums."""
    stored = GROUP_MEMBER.table.c
    known = select(
        stored.bucket,
        stored.group_id,
        stored.user_id,
        stored.project_id,
        stored.workflow_id,
        -stored.n,
        -stored.ms,
    ).where(among(stored.group_id, "groups"), stored.grain == int(Grain.DAY))
    counted = counted_to_groups(_counted).subquery("counted")
    both = union_all(select(*counted.c), known).subquery("compared").c
    keys = (both.day, both.group_id, both.user_id, both.project_id, both.workflow_id)
    sums = [cast(func.sum(column), BigInteger) for column in (both.n, both.ms)]
    return select(*keys, *sums).group_by(*keys).having(or_(*(one != 0 for one in sums)))


_DIFFERENCES = _differences()
