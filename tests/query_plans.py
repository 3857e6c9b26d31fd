"""How a database goes about a statement."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from sqlalchemy import ClauseElement, Connection, Executable, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

#: Steps of SQLite's machine that are counted as a row: no row takes fewer.
STEPS_A_ROW = 5


class _Explained(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Executable, options: str = "COSTS OFF") -> None:
        self.statement = statement
        self.options = options


@compiles(_Explained, "sqlite")
def _sqlite(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **options)}"


@compiles(_Explained, "postgresql")
def _postgresql(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN ({element.options}) {compiler.process(element.statement, **options)}"


def plan(connection: Connection, statement: Executable, parameters: dict[str, Any]) -> str:
    """The steps of the plan, one a line; on PostgreSQL as for tables too large to scan."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    rows = connection.execute(_Explained(statement), parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def rows_read(connection: Connection, statement: Executable, parameters: dict[str, Any]) -> int:
    """A bound of the rows that running a statement reads: no table is taken for a larger one."""
    if connection.dialect.name == "sqlite":
        steps = count()
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: next(steps) and None, STEPS_A_ROW)
        connection.execute(statement, parameters).all()
        driver.set_progress_handler(None, 0)
        return next(steps)
    connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    explained = _Explained(statement, "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF")
    steps_of = "\n".join(str(row[-1]) for row in connection.execute(explained, parameters))
    read = re.findall(r"rows=([\d.]+) loops=(\d+)", steps_of)
    removed = re.findall(r"Rows Removed by .*: (\d+)", steps_of)
    return sum(int(float(rows) * int(loops)) for rows, loops in read) + sum(map(int, removed))
