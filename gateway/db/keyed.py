"""Composite keys as rows, so that one statement looks up any number of them.

PostgreSQL takes each column as one array and unnests them; SQLite takes all keys as one JSON text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Select, bindparam, func, literal_column, select

from gateway.db.arrays import array_parameter


def key_rows(dialect: str, columns: Sequence[str]) -> Select[Any]:
    """Rows of these columns, one for each key that :func:`key_parameters` binds.

    ``dialect`` is the name of the database's kind.
    """
    if dialect == "postgresql":
        return select(
            *(
                func.unnest(array_parameter(f"key_{name}", BigInteger())).label(name)
                for name in columns
            )
        )
    each = func.json_each(bindparam("keys")).table_valued("value")
    return select(
        *(
            func.json_extract(each.c.value, literal_column(f"'$[{index}]'")).label(name)
            for index, name in enumerate(columns)
        )
    )


def key_parameters(dialect: str, columns: Sequence[str], keys: Iterable[Any]) -> dict[str, Any]:
    """What :func:`key_rows` binds."""
    if dialect == "postgresql":
        by_column = zip(*keys, strict=True)
        return {f"key_{name}": ids for name, ids in zip(columns, by_column, strict=True)}
    return {"keys": orjson.dumps(list(keys)).decode()}
