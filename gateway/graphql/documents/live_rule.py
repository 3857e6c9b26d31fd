"""Validation rule: checks what a subscription selects below its field."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    ValidationRule,
)
from graphql.validation import ValidationContext

#: Fields of a query that are never live: of introspection, or for routers.
_NEVER_LIVE = frozenset({"__schema", "__type", "_entities", "_service"})
_INCREMENTAL = frozenset({"defer", "stream"})


class LiveSelectionRule(ValidationRule):
    """Refuses, in subscriptions and their fragments, selections that cannot be live.

    These are introspection fields and fields for routers, ``@defer`` and ``@stream``, and
    directives on the subscription's own field. Each node is reported once.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._subscriptions: list[OperationDefinitionNode] = []
        #: By the id of the definition of each node: nodes themselves are compared in depth.
        self._found: dict[int, list[tuple[str, list[Node]]]] = defaultdict(list)
        self._definition = 0

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Note the definition of the nodes that follow."""
        self._definition = id(node)
        if node.operation is OperationType.SUBSCRIPTION:
            self._subscriptions.append(node)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        """Note the definition of the nodes that follow."""
        self._definition = id(node)

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Note fields that are never live."""
        if node.name.value in _NEVER_LIVE:
            self._note(f"{node.name.value} cannot be selected below live.", node)
        self._check_root(node)

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        """Note directives of the root."""
        self._check_root(node)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        """Note directives of the root."""
        self._check_root(node)

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """Note directives that deliver an answer in parts."""
        if node.name.value in _INCREMENTAL:
            self._note(f"@{node.name.value} cannot be used below live.", node)

    def leave_document(self, _node: DocumentNode, *_: Any) -> None:
        """Report the nodes in subscriptions and in the fragments that they spread."""
        if not self._found:
            return
        spread = self.context.get_recursively_referenced_fragments_for_operations(
            self._subscriptions
        )
        for definition in (*self._subscriptions, *spread):
            for message, nodes in self._found[id(definition)]:
                self.report_error(GraphQLError(message, nodes))

    def _check_root(self, node: FieldNode | InlineFragmentNode | FragmentSpreadNode) -> None:
        parent = self.context.get_parent_type()
        is_root = parent is not None and parent is self.context.schema.subscription_type
        if is_root and node.directives:
            self._note("A subscription takes no directives on its field.", *node.directives)

    def _note(self, message: str, *nodes: Node) -> None:
        self._found[self._definition].append((message, [*nodes]))
