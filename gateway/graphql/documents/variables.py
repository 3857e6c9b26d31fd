"""Variables: coerces the variables of an operation, and caches the coerced values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, Undefined
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_variable_values,
    input_is_nested_too_deeply,
)
from graphql.utilities import coerce_input_value

from gateway.bounded_cache import BoundedCache

_MAX_ERRORS = 50

#: Pages send the same variables again and again: so many sets of an operation are cached, each with
#: at most so many letters, in at most so many bytes.
_MOST_CACHED = 64
_LONGEST_CACHED = 2000
_LARGEST_CACHED = 65_536
#: The bytes of a cached set, of each letter of it, and of what is made of it at each use.
_ENTRY_BYTES = 2_000
_LETTER_BYTES = 12
_USE_BYTES = 700


class OperationVariables(VariableValues):
    """The coerced variables of an execution, with what has been made of them.

    ``arguments`` are those of fields, by field, for other executions with the same variables.
    Both are shared: do not change them.
    """

    arguments: dict[Any, dict[str, Any]]

    @classmethod
    def of(cls, values: VariableValues) -> Self:
        """The same variables, nothing made of them yet."""
        made = cls(*values)
        made.arguments = {}
        return made


class Variables:
    """Variables that one operation declares, their types looked up once.

    Where a value is missing or wrong, graphql-core's own function decides.
    ``uses`` is how often they are used at most; ``grow`` is called with the bytes that are added.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        uses: int = 0,
        grow: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, node) for node in self._definitions]
        self._signatures: list[GraphQLVariableSignature] = [
            one for one in signatures if not isinstance(one, GraphQLError)
        ]
        self._has_known_types = len(self._signatures) == len(signatures)
        self._cache: BoundedCache[str, OperationVariables] = BoundedCache(
            _MOST_CACHED * _LARGEST_CACHED, _MOST_CACHED
        )
        self._names = frozenset(node.variable.name.value for node in self._definitions)
        self._uses = uses
        self._grow = grow

    def declared(self, inputs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Those of a request's variables that the operation declares; others are ignored."""
        return {name: value for name, value in (inputs or {}).items() if name in self._names}

    def coerce(
        self, inputs: dict[str, Any], *, hide_suggestions: bool = False
    ) -> OperationVariables | list[GraphQLError]:
        """Coerce the variables of a request: their values, or all errors."""
        # Not their hash: 1, 1.0 and True are the same to it.
        written = repr(inputs)
        known = self._cache.get(written)
        if known is not None:
            return known
        values = self._coerce_valid(inputs) or get_variable_values(
            self._schema,
            self._definitions,
            inputs,
            max_errors=_MAX_ERRORS,
            hide_suggestions=hide_suggestions,
        )
        if isinstance(values, list):
            return values
        coerced = OperationVariables.of(values)
        if len(written) <= _LONGEST_CACHED and self._size(written) <= _LARGEST_CACHED:
            before = self._cache.size
            self._cache.put(written, coerced, self._size(written))
            self._grow(self._cache.size - before)
        return coerced

    def _size(self, written: str) -> int:
        each = _USE_BYTES + len(written)
        return _ENTRY_BYTES + _LETTER_BYTES * len(written) + each * self._uses

    def _coerce_valid(self, inputs: dict[str, Any]) -> VariableValues | None:
        if not self._has_known_types:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._signatures:
            value = inputs.get(signature.name, Undefined)
            if value is Undefined or input_is_nested_too_deeply(value, signature.type):
                return None
            result = coerce_input_value(value, signature.type)
            if result is Undefined:
                return None
            sources[signature.name] = VariableValueSource(signature, value)
            coerced[signature.name] = result
        return VariableValues(sources, coerced)
