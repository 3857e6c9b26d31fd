"""Compiled statements: compiled once, and run on the driver's own connection.

SQLAlchemy writes the SQL of both databases; running a statement through it costs several times
what the driver needs, so its compiled text goes to the driver directly.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Dialect, Executable, Float, Integer, Text
from sqlalchemy.types import TypeEngine

from gateway.bounded_cache import BoundedCache

#: Rows as the driver gives them: sequences of values.
Rows = Sequence[Any]
Process = Callable[[Any], Any]

#: Types whose values may share one column of a union, and PostgreSQL's name for it.
_FAMILIES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Integer, "BIGINT"),
    (Boolean, "BOOLEAN"),
    (Float, "DOUBLE PRECISION"),
    (Text, "TEXT"),
)
#: Statements that are united; SQLite unites 500 selects at most, and one may have five pieces.
_MOST = 80


class Compiled:
    """A compiled statement: its SQL, and the conversion of its parameters and rows."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.text: str = compiled.string
        #: Whether the statement itself says how many rows there may be.
        self.is_limited = getattr(statement, "_limit_clause", None) is not None
        self.postgres = dialect.name == "postgresql"
        defaults = compiled.params
        self._binds = [
            (name, defaults[name], _binding(compiled.binds[name].type, dialect))
            for name in compiled.positiontup or ()
        ]
        types = [column.type for column in compiled._result_columns]
        self.families = [_family(one) for one in types]
        # asyncpg's values are of their types already; SQLite has no truth values.
        self._processes = [
            (index, process)
            for index, one in enumerate(types)
            if not self.postgres
            and (process := one.dialect_impl(dialect).result_processor(dialect, None))
        ]
        self._make: Callable[[Iterable[Any]], Any] | None = None

    def arguments(self, parameters: Mapping[str, Any] | None) -> list[Any]:
        """The parameters in the order of their placeholders.

        One that is not given has the statement's own value, or None.
        """
        given = parameters or {}
        return [
            process(given.get(name, default)) if process else given.get(name, default)
            for name, default, process in self._binds
        ]

    def values(self, rows: Rows) -> Rows:
        """Rows whose values are of the columns' types."""
        if not self._processes:
            return rows
        processed = []
        for row in rows:
            values = list(row)
            for index, process in self._processes:
                values[index] = process(values[index])
            processed.append(tuple(values))
        return processed

    def named(self, rows: Rows, names: Iterable[str]) -> Rows:
        """The same as tuples with names."""
        if not rows:
            return []
        if self._make is None:
            kind: Any = namedtuple("Row", list(names), rename=True)  # type: ignore[misc]
            self._make = kind._make
        return [self._make(row) for row in self.values(rows)]


def _binding(bound: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return bound.dialect_impl(dialect).bind_processor(dialect)


def _family(one: TypeEngine[Any]) -> str | None:
    return next((name for kind, name in _FAMILIES if isinstance(one, kind)), None)


#: Caches of compiled statements, and of their unions. Clients decide which unions there are:
#: what they select together is united.
_COMPILED: BoundedCache[tuple[Executable, Dialect, bool], Compiled] = BoundedCache(8_388_608)
_UNIONS: BoundedCache[tuple[Compiled, ...], Union] = BoundedCache(8_388_608)
#: What a statement takes up in memory beside its text, as it is written and compiled; and what a
#: part of a union does.
_STATEMENT_BYTES = 20_000
_PART_BYTES = 1_000


def statements_size() -> int:
    """The estimated memory of cached statements, in bytes."""
    return _COMPILED.size + _UNIONS.size


def compile_statement(statement: Executable, dialect: Dialect) -> Compiled:
    """The compiled statement, cached: the same object for the same statement, as a rule."""
    return _compiled(statement, dialect, ordered=True)


def _compiled(statement: Executable, dialect: Dialect, *, ordered: bool) -> Compiled:
    key = (statement, dialect, ordered)
    cached = _COMPILED.get(key)
    if cached is None:
        # An order within a union has no effect: the sort would be wasted.
        source = statement if ordered else statement.order_by(None)  # type: ignore[attr-defined]
        cached = Compiled(source, dialect)
        _COMPILED.put(key, cached, _STATEMENT_BYTES + len(cached.text))
    return cached


class Union:
    """Several statements united by UNION ALL: each row begins with its statement's index."""

    def __init__(self, parts: Sequence[Compiled]) -> None:
        self._parts = parts
        families = [name for _, name in _FAMILIES]
        width = {name: max(part.families.count(name) for part in parts) for name in families}
        columns = [name for name in families for _ in range(width[name])]
        selects, tables, self._pick, offset = [], [], [], 0
        for number, part in enumerate(parts):
            indices = _union_columns(part, columns)
            own = {index: f"c{at}" for at, index in enumerate(indices)}
            null = "CAST(NULL AS {})" if part.postgres else "NULL"
            chosen = [own.get(at, null.format(name)) for at, name in enumerate(columns)]
            selects.append(f"SELECT {number}, {', '.join(chosen)} FROM part{number}")  # noqa: S608
            names = ", ".join(own.values())
            tables.append(f"part{number}({names}) AS ({_shifted(part, offset)})")
            self._pick.append(_picking([index + 1 for index in indices]))
            offset += len(part._binds)
        self.text = f"WITH {', '.join(tables)} {' UNION ALL '.join(selects)}"

    def arguments(self, parameters: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The parameters of all statements, in the order of their placeholders."""
        found: list[Any] = []
        for part, given in zip(self._parts, parameters, strict=True):
            found += part.arguments(given)
        return found

    def apart(self, rows: Rows) -> list[Rows]:
        """The rows of each statement, of its own columns."""
        found: list[list[Any]] = [[] for _ in self._parts]
        each = [*zip([own.append for own in found], self._pick, strict=True)]
        for row in rows:
            append, pick = each[row[0]]
            append(pick(row))
        return [part.values(own) for part, own in zip(self._parts, found, strict=True)]


def _picking(indices: Sequence[int]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that picks the values at these indices of a row, as a tuple."""
    if len(indices) == 1:
        (only,) = indices
        return lambda row: (row[only],)
    return itemgetter(*indices)


def _union_columns(part: Compiled, columns: Sequence[str]) -> list[int]:
    """The index of each column of a statement among those of the union."""
    free = {name: [at for at, one in enumerate(columns) if one == name] for name in set(columns)}
    return [free[name or ""].pop(0) for name in part.families]


def _shifted(part: Compiled, offset: int) -> str:
    """The text with its numbered parameters behind those of the statements before it."""
    if not part.postgres or not offset:
        return part.text
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + offset}", part.text)


def _unite(parts: tuple[Compiled, ...]) -> Union:
    cached = _UNIONS.get(parts)
    if cached is None:
        cached = Union(parts)
        _UNIONS.put(parts, cached, len(cached.text) + _PART_BYTES * len(parts))
    return cached


class Run:
    """One statement for the driver, and the indices of the requests that it answers."""

    def __init__(self, indices: Sequence[int], requests: Sequence[Any], dialect: Dialect) -> None:
        self.indices = indices
        self._union: Union | None = None
        if len(indices) == 1:
            statement, parameters = requests[indices[0]]
            self._only = compile_statement(statement, dialect)
            self.text, self.arguments = self._only.text, self._only.arguments(parameters)
            return
        chosen = [requests[index] for index in indices]
        self._union = _unite(tuple(_compiled(one, dialect, ordered=False) for one, _ in chosen))
        self.text = self._union.text
        self.arguments = self._union.arguments([parameters for _, parameters in chosen])

    def limited(self, rows: int) -> str:
        """The text for at most so many rows."""
        if self._union is None and self._only.is_limited:
            return self.text
        return f"{self.text} LIMIT {rows}"

    def apart(self, rows: Rows) -> list[Rows]:
        """The rows of each of the requests."""
        return [self._only.values(rows)] if self._union is None else self._union.apart(rows)


def runs_of(requests: Sequence[Any], apart: frozenset[int], dialect: Dialect) -> list[Run]:
    """The fewest statements that answer the requests, which are pairs of a Select and parameters.

    Those whose indices are in ``apart`` stay alone: their rows are many, and would all be wider.
    """
    together = [index for index in range(len(requests)) if index not in apart]
    cuts = [together[at : at + _MOST] for at in range(0, len(together), _MOST)]
    return [Run(indices, requests, dialect) for indices in [*cuts, *([index] for index in apart)]]
