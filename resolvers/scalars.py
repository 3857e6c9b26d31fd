"""Scalars: whole numbers beyond 32 bits, and dates in one format."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.schema.types.base_scalars import DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition

from gateway.calendar import parse_date
from gateway.execution_hints import ExactIntegers

#: The largest whole number that JavaScript represents exactly, as do others that read JSON so.
_LARGEST = 2**53 - 1

SafeInt = NewType("SafeInt", int)


_exactly = ExactIntegers(
    -_LARGEST,
    _LARGEST,
    "SafeInt cannot represent a value that is not a whole number of up to 53 bits.",
)


def _date(value: Any, node: ValueNode | None = None) -> date:
    try:
        return parse_date(value)
    except ValueError as error:
        raise GraphQLError(f"{error}.", node) from None


def _date_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> date:
    return _date(value_from_ast_untyped(node, variables), node)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: replace(
        DateTimeDefinition,
        description="An instant, with its offset from UTC.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    ),
    SafeInt: strawberry.scalar(
        name="SafeInt",
        specified_by_url="https://tc39.es/ecma262/#sec-number.issafeinteger",
        description="A whole number of up to 53 bits, which every client reads exactly from a "
        "JSON number.",
        serialize=_exactly,
        parse_value=_exactly,
    ),
    date: strawberry.scalar(
        name="Date",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        description="A day in UTC, as `YYYY-MM-DD`.",
        serialize=date.isoformat,
        parse_value=_date,
        parse_literal=_date_literal,
    ),
}
