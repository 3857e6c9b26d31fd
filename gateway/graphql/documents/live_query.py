"""Live query: the query that a subscription to ``live`` stands for.

``subscription { live { … } }`` is executed as the query ``{ … }``. Its nodes are those of the
document itself, so that errors name their places in what the client has sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

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
    SelectionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from gateway.graphql.documents.document_cache import InvalidDocument, PreparedDocument

#: Fields of a query that are never live: they tell of the schema, or are for routers.
_NEVER_LIVE = frozenset({"__schema", "__type", "_entities", "_service"})
_INCREMENTAL = frozenset({"defer", "stream"})


class LiveQuery(NamedTuple):
    """A query as a document of its own, and the name under which its data are sent."""

    prepared: PreparedDocument
    operation: OperationDefinitionNode
    key: str


def live_query(prepared: PreparedDocument, operation: OperationDefinitionNode) -> LiveQuery:
    """The query of a valid subscription, kept with the document; InvalidDocument for none.

    What is kept of the query counts to the subscription's document.
    """
    known: LiveQuery | None = prepared.facts.get((LiveQuery, id(operation)))
    if known is None:
        known = _query_of(prepared, operation)
        prepared.facts[LiveQuery, id(operation)] = known
    return known


def _query_of(prepared: PreparedDocument, operation: OperationDefinitionNode) -> LiveQuery:
    fields = _roots(operation, prepared.fragments)
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
    fragments = _reached(query, prepared.fragments)
    _check(query, fragments, prepared.fragments)
    document = DocumentNode(definitions=(query, *fragments))
    # No text of a client begins like this, so its answers are no other document's.
    derived = PreparedDocument(f"live {prepared.text}", document)
    prepared.grow("documents", derived.sizes["documents"])
    derived.on_growth(prepared.grow)
    first = fields[0]
    return LiveQuery(derived, query, (first.alias or first.name).value)


def _roots(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> list[FieldNode]:
    """The fields of the subscription itself: one, perhaps selected several times."""
    fields: list[FieldNode] = []
    waiting: list[SelectionNode] = [*operation.selection_set.selections]
    followed: set[str] = set()
    while waiting:
        one = waiting.pop(0)
        if one.directives:
            raise InvalidDocument(
                [GraphQLError("A subscription takes no directives on its field.", one.directives)]
            )
        if isinstance(one, FieldNode):
            fields.append(one)
        elif isinstance(one, InlineFragmentNode):
            waiting[:0] = one.selection_set.selections
        elif isinstance(one, FragmentSpreadNode) and one.name.value not in followed:
            followed.add(one.name.value)
            waiting[:0] = fragments[one.name.value].selection_set.selections
    return fields


def _reached(
    query: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> list[FragmentDefinitionNode]:
    """The fragments that the query spreads, by themselves or through others."""
    found: dict[str, FragmentDefinitionNode] = {}
    waiting: list[Node] = [query]
    while waiting:
        spreads = _Found((FragmentSpreadNode,))
        visit(waiting.pop(), spreads)
        for one in spreads.nodes:
            assert isinstance(one, FragmentSpreadNode)  # noqa: S101 - asked for these alone
            name = one.name.value
            if name not in found:
                found[name] = fragments[name]
                waiting.append(fragments[name])
    return list(found.values())


def _check(
    query: OperationDefinitionNode,
    reached: Iterable[FragmentDefinitionNode],
    fragments: dict[str, FragmentDefinitionNode],
) -> None:
    """InvalidDocument for what cannot be live."""
    errors = []
    for node in (query, *reached):
        found = _Found((FieldNode, DirectiveNode))
        visit(node, found)
        for one in found.nodes:
            name = one.name.value
            if isinstance(one, FieldNode) and name in _NEVER_LIVE:
                errors.append(GraphQLError(f"{name} cannot be selected below live.", one))
            elif isinstance(one, DirectiveNode) and name in _INCREMENTAL:
                errors.append(GraphQLError(f"@{name} cannot be used below live.", one))
    if errors:
        raise InvalidDocument(errors)


class _Found(Visitor):
    """The nodes of some kinds, in the order of the text."""

    def __init__(self, kinds: tuple[type[Node], ...]) -> None:
        super().__init__()
        self._kinds = kinds
        self.nodes: list[FieldNode | DirectiveNode | FragmentSpreadNode] = []

    def enter(self, node: Node, *_: object) -> None:
        if isinstance(node, self._kinds):
            self.nodes.append(node)  # type: ignore[arg-type]
