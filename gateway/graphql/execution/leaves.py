"""Leaf values: completes scalars and enums, without a call where a value is its own result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

from gateway.execution_hints import ExactIntegers
from gateway.graphql.execution.fallback import Fallback

#: The names that conditions use.
NAMES: dict[str, Any] = {"finite": math.isfinite}

_WITHIN = "type({t}) is int and %d <= {t} <= %d"
_CONDITIONS: dict[GraphQLLeafType, str] = {
    GraphQLString: "type({t}) is str",
    GraphQLID: "type({t}) is str",
    GraphQLBoolean: "type({t}) is bool",
    GraphQLInt: _WITHIN % (-(2**31), 2**31 - 1),
    GraphQLFloat: "type({t}) is float and finite({t})",
}


def is_its_own_result(kind: GraphQLLeafType) -> str | None:
    """The Python condition that a value ``{t}`` is its own result; None if there is none."""
    coerce = kind.coerce_output_value
    if isinstance(coerce, ExactIntegers):
        return _WITHIN % (coerce.least, coerce.most)
    return _CONDITIONS.get(kind)


def completing(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """A function that completes a value that is not null; it raises for a wrong value."""
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise Fallback
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Fallback
        return coerced

    return complete


def completing_all(kind: GraphQLLeafType) -> Callable[[Sequence[Any]], list[Any]]:
    """The same for many values at once."""
    complete = completing(kind)
    condition = is_its_own_result(kind)
    if condition is None:
        return lambda values: [*map(complete, values)]
    text = f"lambda values: [t if {condition.format(t='t')} else complete(t) for t in values]"
    made: Callable[[Sequence[Any]], list[Any]]
    made = eval(text, {"complete": complete, **NAMES})  # noqa: S307 - our own text
    return made
