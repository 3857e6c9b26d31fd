"""Verification of a bulk load: recount its rollups with one pass over the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects import postgresql

from gateway.db.rollup_sets import SETS, RollupSet
from gateway.ingestion.bulk.tables import read_table, rows_in, write_rows
from gateway.rollups.finest_sums import (
    ANY_RULE,
    COMMENT_SUMS,
    EVENT_SUMS,
    GROUP_SUMS,
    differences_from_sums,
    sums_of_ledger,
)

#: DuckDB understands PostgreSQL's SQL.
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
_CARRIED = f"""CREATE OR REPLACE TABLE {GROUP_SUMS.name} AS
SELECT unnest(group_ids::BIGINT[]) AS group_id, day, user_id, project_id, workflow_id, n, ms
FROM {EVENT_SUMS.name} WHERE user_id IS NOT NULL"""


def count_differences(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    folder: Path,
    report: Callable[[str], None],
    check: Callable[[], None],
) -> int:
    """Count rows of the rollups that differ from the stored events.

    The database adds up its ledger; DuckDB recounts each set from that, and compares it with all
    rows of the set in the database. ``report`` is called with each step, ``check`` in between;
    what ``check`` raises ends the work.
    """
    report("Recounting")
    for sums in (EVENT_SUMS, COMMENT_SUMS):
        check()
        read_table(connection, duck, sums, sums_of_ledger(sums), folder, check)
    if connection.execute(ANY_RULE).scalar():
        check()
        read_table(connection, duck, GROUP_SUMS, sums_of_ledger(GROUP_SUMS), folder, check)
    else:
        duck.execute(_CARRIED)
    differing = 0
    for rollup in SETS:
        check()
        report(f"Verifying {rollup.name}")
        differing += _count(connection, duck, rollup, folder, check)
    return differing


def _count(
    connection: Connection,
    duck: duckdb.DuckDBPyConnection,
    rollup: RollupSet,
    folder: Path,
    check: Callable[[], None],
) -> int:
    table, file = rollup.table, folder / f"{rollup.table.name}.csv"
    write_rows(connection, select(table), file, check)
    duck.execute(f"CREATE OR REPLACE VIEW {table.name} AS SELECT * FROM {rows_in(file, table)}")
    ((differing,),) = duck.execute(
        f"SELECT count(*) FROM ({_text(differences_from_sums(rollup))})"
    ).fetchall()
    file.unlink()
    return int(differing)


def _text(statement: Select[Any]) -> str:
    # Nothing is to be sorted for a count.
    unsorted = statement.order_by(None)
    return str(unsorted.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
