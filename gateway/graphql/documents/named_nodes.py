"""Named nodes: finds fields and directives by name, anywhere in a document."""

from __future__ import annotations

from typing import Any

from graphql import BREAK, DirectiveNode, FieldNode, Node, Visitor, VisitorAction, visit

from gateway.graphql.documents.document_cache import PreparedDocument


def has_node(
    prepared: PreparedDocument, kind: type[FieldNode | DirectiveNode], names: frozenset[str]
) -> bool:
    """Whether a field or directive has one of these names; computed once for a document."""
    known: bool | None = prepared.computed.get((kind, names))
    if known is None:
        search = _Search(kind, names)
        visit(prepared.document, search)
        known = prepared.computed[kind, names] = search.found
    return known


class _Search(Visitor):
    def __init__(self, kind: type[FieldNode | DirectiveNode], names: frozenset[str]) -> None:
        super().__init__()
        self._kind, self._names = kind, names
        self.found = False

    def enter(self, node: Node, *_: Any) -> VisitorAction:
        self.found = isinstance(node, self._kind) and node.name.value in self._names
        return BREAK if self.found else None
