"""Documents that were parsed and validated before, by their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from graphql import DocumentNode, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from gateway.graphql.refusals import UnknownOperation


class DocumentCache:
    """The valid documents used last: at most ``capacity``, none with more than ``longest`` letters.

    Parsing and validating take longer than most answers. One schema has one cache, and
    validation must depend on the document alone.
    """

    def __init__(self, capacity: int = 500, longest: int = 20_000) -> None:
        self._capacity = capacity
        self._longest = longest
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()

    def get(self, text: str) -> DocumentNode | None:
        """The document of this text, if it is here."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
        return document

    def add(self, text: str, document: DocumentNode) -> None:
        """Keep a valid document; the one unused for longest makes room."""
        if len(text) > self._longest:
            return
        self._documents[text] = document
        if len(self._documents) > self._capacity:
            self._documents.popitem(last=False)


class CachedDocuments(SchemaExtension):
    """Takes an operation's document from the cache, and refuses one that names no operation."""

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache
        self._known = False

    def on_parse(self) -> Iterator[None]:
        """Skip parsing when the document is known."""
        context = self.execution_context
        known = self._cache.get(context.query or "")
        if known is not None:
            self._known = True
            context.graphql_document = known
        yield
        if context.graphql_document is not None and context._provided_operation_name is None:
            _check_single(context.graphql_document)

    def on_validate(self) -> Iterator[None]:
        """Skip validation when the document is known; remember it when it is valid."""
        context = self.execution_context
        if self._known:
            context.pre_execution_errors = []
            yield
            return
        yield
        if not context.pre_execution_errors and context.query and context.graphql_document:
            self._cache.add(context.query, context.graphql_document)


def _check_single(document: DocumentNode) -> None:
    operations = sum(
        isinstance(definition, OperationDefinitionNode) for definition in document.definitions
    )
    if operations > 1:
        raise UnknownOperation("The document has several operations: name one in operationName.")
