"""Rows of whole numbers as one bound parameter, so that one statement answers many requests.

PostgreSQL takes all columns, one behind the other, as one array; SQLite takes the rows as one JSON
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, FromClause, Text, bindparam, column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Rows(TypeDecorator[Sequence[Sequence[int]]]):
    """Rows of 64-bit integers as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use an array where there are arrays, JSON text elsewhere."""
        return ARRAY(BigInteger) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Sequence[Sequence[int]] | None, dialect: Dialect) -> Any:
        """Turn the rows into what the driver takes."""
        rows = value or ()
        if dialect.name == "postgresql":
            return [number for column in zip(*rows, strict=True) for number in column]
        return orjson.dumps(rows).decode()


class _NumberRows(FunctionElement[int]):
    name = "number_rows"
    type = BigInteger()
    inherit_cache = False

    def __init__(self, bound: Any, names: tuple[str, ...]) -> None:
        super().__init__(bound)
        self.names = names


@compiles(_NumberRows, "postgresql")
def _from_array(element: _NumberRows, compiler: SQLCompiler, **options: Any) -> str:
    # Of unnest PostgreSQL expects ten rows, and so looks up what they are joined with; of
    # generate_series it would expect a thousand, and read it whole.
    (rows,) = element.clauses
    width = len(element.names)
    columns = ", ".join(
        f"a.n[cardinality(a.n) / {width} * {index} + 1:cardinality(a.n) / {width} * {index + 1}]"
        for index in range(width)
    )
    array = compiler.process(rows, **options)
    names = ", ".join(element.names)
    return (
        f"(SELECT {names} FROM (SELECT CAST({array} AS BIGINT[]) AS n) AS a, "  # noqa: S608
        f"unnest({columns}) AS u({names}))"
    )


@compiles(_NumberRows, "sqlite")
def _from_json(element: _NumberRows, compiler: SQLCompiler, **options: Any) -> str:
    (rows,) = element.clauses
    columns = ", ".join(
        f"json_extract(value, '$[{index}]') AS {name}" for index, name in enumerate(element.names)
    )
    return f"(SELECT {columns} FROM json_each({compiler.process(rows, **options)}))"  # noqa: S608


def number_rows(name: str, columns: Sequence[str]) -> FromClause:
    """The rows bound to the named parameter, as a table with these columns."""
    typed: list[Any] = [column(one, BigInteger) for one in columns]
    bound = bindparam(name, type_=_Rows())
    return _NumberRows(bound, tuple(columns)).table_valued(*typed, name=f"{name}_given")
