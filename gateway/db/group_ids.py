"""Group ids of a ledger row, as rows to join with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _EachGroup(FunctionElement[int]):
    name = "each_group"
    type = BigInteger()
    inherit_cache = True


@compiles(_EachGroup, "postgresql")
def _json_array_elements(element: _EachGroup, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = element.clauses
    return f"json_array_elements_text({compiler.process(text, **options)}::json)"


@compiles(_EachGroup, "sqlite")
def _json_each(element: _EachGroup, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = element.clauses
    return f"json_each({compiler.process(text, **options)})"


def each_group(group_ids: ColumnElement[str | None]) -> tuple[FromClause, ColumnElement[int]]:
    """Rows of the ids in a ``group_ids`` text (none for null), and the id in such a row."""
    rows = _EachGroup(group_ids).table_valued("value")
    return rows, cast(rows.c.value, BigInteger)
