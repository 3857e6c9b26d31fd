"""Incremental delivery, ``@defer`` and ``@stream``: answers an operation piece by piece.

The pieces are those of the draft specification as graphql-core yields them: ``pending`` announces
what comes later under an id, ``incremental`` brings it, ``completed`` ends it.
"""

from __future__ import annotations

from graphql import DirectiveNode, GraphQLDeferDirective, GraphQLSchema, GraphQLStreamDirective

from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.named_nodes import has_node

_DIRECTIVES = (GraphQLDeferDirective, GraphQLStreamDirective)
_NAMES = frozenset(directive.name for directive in _DIRECTIVES)


def with_incremental_directives(schema: GraphQLSchema) -> GraphQLSchema:
    """Return the same schema with the directives ``@defer`` and ``@stream``."""
    arguments = schema.to_kwargs()
    arguments["directives"] = (*schema.directives, *_DIRECTIVES)
    extended = GraphQLSchema(**arguments)
    # Resolvers get Strawberry's schema from here.
    extended._strawberry_schema = schema._strawberry_schema  # type: ignore[attr-defined]
    return extended


def is_incremental(prepared: PreparedDocument) -> bool:
    """Whether the document has ``@defer`` or ``@stream``."""
    return has_node(prepared, DirectiveNode, _NAMES)
