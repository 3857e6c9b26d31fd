"""Live query: the query that a subscription to ``live`` selects.

``subscription { live { … } }`` is executed as the query ``{ … }``. Its nodes are those of the
document itself, so that errors have their locations in the text that the client has sent.
"""

from __future__ import annotations

from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from gateway.graphql.documents.document_cache import PreparedDocument


class LiveQuery(NamedTuple):
    """A query as a document of its own, and the name under which its data are sent."""

    prepared: PreparedDocument
    operation: OperationDefinitionNode
    key: str


def live_query(prepared: PreparedDocument, operation: OperationDefinitionNode) -> LiveQuery:
    """The query of a valid subscription, cached with the document.

    Its size counts to the subscription's document, and it is evicted with it.
    """
    known: LiveQuery | None = prepared.computed.get((LiveQuery, id(operation)))
    if known is None:
        known = _query_of(prepared, operation)
        prepared.computed[LiveQuery, id(operation)] = known
    return known


def _query_of(prepared: PreparedDocument, operation: OperationDefinitionNode) -> LiveQuery:
    fields = _roots(prepared, operation)
    selected = [
        one for field in fields if field.selection_set for one in field.selection_set.selections
    ]
    query = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(selected)),
        loc=operation.loc,
    )
    fragments = [prepared.fragments[name] for name in _spread(prepared, query)]
    document = DocumentNode(definitions=(query, *fragments))
    # No valid document begins like this, so its answers are no other document's.
    derived = prepared.derived(f"live {prepared.text}", document)
    first = fields[0]
    return LiveQuery(derived, query, (first.alias or first.name).value)


def _roots(prepared: PreparedDocument, operation: OperationDefinitionNode) -> list[FieldNode]:
    """The fields of the subscription itself: one, perhaps selected several times."""
    fields: list[FieldNode] = []
    waiting: list[SelectionNode] = [*operation.selection_set.selections]
    followed: set[str] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, FieldNode):
            fields.append(one)
        elif isinstance(one, InlineFragmentNode):
            waiting[:0] = one.selection_set.selections
        elif isinstance(one, FragmentSpreadNode) and one.name.value not in followed:
            followed.add(one.name.value)
            waiting[:0] = prepared.fragments[one.name.value].selection_set.selections
    return fields


def _spread(prepared: PreparedDocument, query: OperationDefinitionNode) -> list[str]:
    """The names of the fragments that the query spreads, by themselves or through others."""
    spreads = _Spreads()
    visit(query, spreads)
    # The list grows while it is followed.
    for name in spreads.names:
        visit(prepared.fragments[name], spreads)
    return spreads.names


class _Spreads(Visitor):
    """The names of fragments, each once, in the order of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        if node.name.value not in self.names:
            self.names.append(node.name.value)
