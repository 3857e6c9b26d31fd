"""Backfill: count members' earlier classifications to a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, cast, func, select

from gateway.calendar import MICROSECONDS_A_DAY
from gateway.changes.log import log_change
from gateway.db.ids import among
from gateway.db.tables import backfill as backfills
from gateway.db.tables import classification
from gateway.db.upsert import replace_rows
from gateway.rollups.counted_groups import counted_by_span, in_tenure
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.erasure import read_erased
from gateway.rollups.ledger import decode_groups


def backfill(connection: Connection, group_id: int, user_ids: Sequence[int], until: int) -> int:
    """Count these users' classifications up to ``until`` (microseconds) to the group, each once.

    The backfill is stored as a row, so that an event sent again later still counts. Returns how
    many classifications count that did not before: 0 when it is run again. Users who were erased
    have none. Reads the whole ledger once, since that has no index by user.
    """
    requested = set(user_ids) - read_erased(connection, set(user_ids))
    stored = connection.execute(
        select(backfills.c.user_id, backfills.c.until).where(
            backfills.c.group_id == group_id, among(backfills.c.user_id, "users")
        ),
        {"users": sorted(requested)},
    )
    known = {row.user_id: row.until for row in stored}
    extended = [user_id for user_id in sorted(requested) if known.get(user_id, -1) < until]
    deltas, counted = RollupDeltas(), 0
    if extended:
        parameters = {"users": extended, "until": until, "group": group_id}
        for row in connection.execute(_EARLIER, parameters):
            day, user_id, project_id, workflow_id, own, own_counts, n, ms = row
            if not own_counts or group_id not in decode_groups(own):
                deltas.grouped(day, user_id, project_id, workflow_id, [group_id], n, ms)
                counted += n
        deltas.write(connection)
        replace_rows(connection, backfills, [(group_id, user_id, until) for user_id in extended])
        log_change(connection, user_group=[group_id], user=extended)
    return counted


def _earlier() -> Select[Any]:
    """Sums of what the users did up to ``until``, and no backfill and no span has counted yet.

    Beside the groups that the events carry is whether these count at that time.
    """
    events = classification.c
    day = (events.event_time // MICROSECONDS_A_DAY).label("day")
    counted_until = (
        select(func.max(backfills.c.until))
        .where(backfills.c.group_id == bindparam("group"), backfills.c.user_id == events.user_id)
        .scalar_subquery()
    )
    group_id = bindparam("group", type_=BigInteger)
    own_counts = (~in_tenure(group_id)).label("own_counts")
    dims = (
        day,
        events.user_id,
        events.project_id,
        events.workflow_id,
        events.group_ids,
        own_counts,
    )
    return (
        select(*dims, func.count(), cast(func.sum(events.session_ms), BigInteger))
        .where(
            among(events.user_id, "users"),
            events.event_time <= bindparam("until"),
            events.event_time > func.coalesce(counted_until, -1),
            ~counted_by_span(group_id),
        )
        .group_by(*dims)
    )


_EARLIER = _earlier()
