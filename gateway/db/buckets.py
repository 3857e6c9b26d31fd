"""Days and buckets in SQL: instants to days, days to buckets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.calendar import MICROSECONDS_A_DAY, Grain


def day_of(instant: ColumnElement[int]) -> ColumnElement[int]:
    """The UTC day of an instant in microseconds since the epoch."""
    return instant // literal(MICROSECONDS_A_DAY, BigInteger)


def bucket_of(day: ColumnElement[int], grain: Grain) -> ColumnElement[int]:
    """The bucket of a grain that a day falls into, as ``gateway.calendar`` has it."""
    if grain is Grain.DAY:
        return day
    return (
        literal(0, Integer)
        if grain is Grain.ALL
        else _Start(day, literal_column(f"'{grain.name.lower()}'"))
    )


class _Start(FunctionElement[int]):
    """The first day of the month or year of a day."""

    name = "start"
    type = Integer()
    inherit_cache = True


@compiles(_Start, "postgresql")
def _date_trunc(element: _Start, compiler: SQLCompiler, **options: Any) -> str:
    day, unit = (compiler.process(clause, **options) for clause in element.clauses)
    epoch = "DATE '1970-01-01'"
    return f"(date_trunc({unit}, {epoch} + CAST({day} AS INTEGER))::date - {epoch})"


@compiles(_Start, "sqlite")
def _strftime(element: _Start, compiler: SQLCompiler, **options: Any) -> str:
    day, unit = (compiler.process(clause, **options) for clause in element.clauses)
    # strftime knows more versions of SQLite than unixepoch does.
    seconds = f"strftime('%s', {day} * 86400, 'unixepoch', 'start of ' || {unit})"
    return f"(CAST({seconds} AS INTEGER) / 86400)"
