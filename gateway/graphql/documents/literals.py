"""Validation rule: checks literal values, and names the argument whose value is wrong."""

from __future__ import annotations

from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    GraphQLError,
    GraphQLInputType,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VisitorAction,
    validate_input_literal,
)
from graphql.pyutils import print_path_list


class NamedValuesOfCorrectTypeRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule, with the messages that it has for variables.

    Its own errors do not say which argument they are about.
    """

    _what = "Value"

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Note whose value is checked next."""
        self._what = f"Argument '{node.name.value}' has invalid value"

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        """Note whose default is checked next."""
        self._what = f"Variable '${node.variable.name.value}' has invalid default value"

    def is_valid_value_node(
        self, node: ValueNode, input_type: GraphQLInputType | None
    ) -> VisitorAction:
        """Report what is wrong with a value."""

        def report(error: GraphQLError, path: list[str | int]) -> None:
            message = f"{self._what}{print_path_list(path)}: {error.message}"
            nodes = error.nodes or node
            self.report_error(GraphQLError(message, nodes, original_error=error.original_error))

        if input_type:
            hide = self.context.hide_suggestions
            validate_input_literal(node, input_type, report, None, None, hide)
        return SKIP
