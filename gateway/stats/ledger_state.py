"""Ledger state: the number of stored events and the time of the last one, from the rollups."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ScalarSelect, Table, func, select

from gateway.calendar import Grain
from gateway.db.rollup_sets import SITE, SITE_COMMENT
from gateway.db.tables import change_log, ingestion


class LedgerState(NamedTuple):
    """Counts of stored events; ``last_event_at`` in microseconds, None in an empty ledger."""

    classifications: int
    comments: int
    last_event_at: int | None
    data_version: int


def _all_time(table: Table) -> ScalarSelect[int]:
    rows = select(func.coalesce(func.max(table.c.n), 0)).where(
        table.c.site_id == 0, table.c.grain == int(Grain.ALL), table.c.bucket == 0
    )
    return rows.scalar_subquery()


_VERSION = select(func.coalesce(func.max(change_log.c.version), 0)).scalar_subquery()

#: The one row of :class:`LedgerState`.
LEDGER_STATE = select(
    _all_time(SITE.table),
    _all_time(SITE_COMMENT.table),
    select(func.max(ingestion.c.last_event_at)).scalar_subquery(),
    _VERSION,
)
