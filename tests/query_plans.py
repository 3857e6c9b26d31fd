"""How a database goes about a statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Connection, Executable, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class _Explained(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Executable) -> None:
        self.statement = statement


@compiles(_Explained, "sqlite")
def _sqlite(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **options)}"


@compiles(_Explained, "postgresql")
def _postgresql(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN (COSTS OFF) {compiler.process(element.statement, **options)}"


def plan(connection: Connection, statement: Executable, parameters: dict[str, Any]) -> str:
    """The steps of the plan, one a line; on PostgreSQL as for tables too large to scan."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    rows = connection.execute(_Explained(statement), parameters).all()
    return "\n".join(str(row[-1]) for row in rows)
