"""Array parameters of PostgreSQL: one column of many rows as one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Dialect, Integer, Text, bindparam, cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine


def array_parameter(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """A parameter that takes one column of all rows."""
    if isinstance(kind, Integer):
        return cast(bindparam(name, type_=_NumbersAsText()), postgresql.ARRAY(kind))
    return bindparam(name, type_=postgresql.ARRAY(kind))


class _NumbersAsText(TypeDecorator[Sequence[int | None]]):
    """Whole numbers or nulls as the text of an array.

    asyncpg looks at every element of a list to see if it is a list itself, which takes longer
    than all else that it does.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int | None] | None, dialect: Dialect) -> str:
        """Write ``{1,2,null}``."""
        return f"{{{orjson.dumps(value or ())[1:-1].decode()}}}"
