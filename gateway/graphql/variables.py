"""Coerces the variables of an operation that is executed again and again."""

from __future__ import annotations

from typing import Any

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

_MAX_ERRORS = 50


class Variables:
    """The variables that one operation declares, their types looked up once.

    Where a value is missing or wrong, graphql-core's own function says what becomes of it.
    """

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, node) for node in self._definitions]
        self._signatures: list[GraphQLVariableSignature] = [
            one for one in signatures if not isinstance(one, GraphQLError)
        ]
        self._known = len(self._signatures) == len(signatures)

    def coerce(
        self, inputs: dict[str, Any], *, hide_suggestions: bool = False
    ) -> VariableValues | list[GraphQLError]:
        """The values of an execution, or all that is wrong with them."""
        return self._given(inputs) or get_variable_values(
            self._schema,
            self._definitions,
            inputs,
            max_errors=_MAX_ERRORS,
            hide_suggestions=hide_suggestions,
        )

    def _given(self, inputs: dict[str, Any]) -> VariableValues | None:
        if not self._known:
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
