"""Id lists: one bound parameter for any number of ids, so that a statement's text is constant.

PostgreSQL compares with ``= ANY (array)``, SQLite with the rows of ``json_each``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, BindParameter, ColumnElement, Dialect, Text, bindparam, column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


class IdList(TypeDecorator[Sequence[int]]):
    """A list of 64-bit ids as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use an array where there are arrays, JSON text elsewhere."""
        return ARRAY(BigInteger) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        """Turn the ids into what the driver takes."""
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else orjson.dumps(ids).decode()


class _Among(FunctionElement[bool]):
    name = "among"
    # No Boolean: SQLAlchemy would write "… = 1" for SQLite, which then looks into no index.
    type: TypeEngine[Any] = NullType()
    inherit_cache = True


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(ids, **options)})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (compiled parts)


def among(column: ColumnElement[Any], ids: BindParameter[Any] | str) -> ColumnElement[bool]:
    """``column`` is one of the ids bound to the named parameter."""
    return _Among(column, id_list(ids) if isinstance(ids, str) else ids)


def id_list(name: str) -> BindParameter[Any]:
    """A parameter that takes a list of ids."""
    return bindparam(name, type_=IdList())


class _EachId(FunctionElement[int]):
    name = "each_id"
    type = BigInteger()
    inherit_cache = True


@compiles(_EachId, "postgresql")
def _unnest(element: _EachId, compiler: SQLCompiler, **options: Any) -> str:
    (ids,) = element.clauses
    return f"(SELECT unnest({compiler.process(ids, **options)}) AS value)"


@compiles(_EachId, "sqlite")
def _json_each(element: _EachId, compiler: SQLCompiler, **options: Any) -> str:
    (ids,) = element.clauses
    return f"json_each({compiler.process(ids, **options)})"


def each_id(ids: str) -> ColumnElement[int]:
    """The ids bound to the named parameter as a column, whose table has a row for each of them."""
    value: Any = column("value", BigInteger)
    each: ColumnElement[int] = _EachId(id_list(ids)).table_valued(value).c.value
    return each
