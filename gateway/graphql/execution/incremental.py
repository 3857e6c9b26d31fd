"""``@defer`` and ``@stream``: an operation that is answered piece by piece.

The pieces are those of the draft specification as graphql-core yields them: ``pending`` announces
what comes later under an id, ``incremental`` brings it, ``completed`` ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    DirectiveNode,
    ExperimentalIncrementalExecutionResults,
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLSchema,
    GraphQLStreamDirective,
    OperationDefinitionNode,
    Visitor,
    default_field_resolver,
    visit,
)
from graphql.execution.executor import default_type_resolver
from graphql.execution.incremental.incremental_executor import IncrementalExecutor
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.production import Production
from gateway.graphql.masking import ErrorMask, FormattedError

_DIRECTIVES = (GraphQLDeferDirective, GraphQLStreamDirective)
_NAMES = frozenset(directive.name for directive in _DIRECTIVES)

Payload = dict[str, Any]


def with_incremental_directives(schema: GraphQLSchema) -> GraphQLSchema:
    """The same schema, which also knows ``@defer`` and ``@stream``."""
    arguments = schema.to_kwargs()
    arguments["directives"] = (*schema.directives, *_DIRECTIVES)
    extended = GraphQLSchema(**arguments)
    # Resolvers get Strawberry's schema from here.
    extended._strawberry_schema = schema._strawberry_schema  # type: ignore[attr-defined]
    return extended


def is_incremental(prepared: PreparedDocument) -> bool:
    """Whether the document has ``@defer`` or ``@stream``."""
    known: bool | None = prepared.facts.get("incremental")
    if known is None:
        directives = _Directives()
        visit(prepared.document, directives)
        known = prepared.facts["incremental"] = directives.found
    return known


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.found = self.found or node.name.value in _NAMES


class IncrementalOperationExecutor(CountedExecution, IncrementalExecutor):
    """As OperationExecutor, for documents that may defer or stream."""

    operation_extensions = None
    build_resolve_info = StrawberryGraphQLCoreExecutionContext.build_resolve_info

    def __init__(
        self,
        schema: GraphQLSchema,
        prepared: PreparedDocument,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        context: object,
        production: Production,
    ) -> None:
        self.production = production
        super().__init__(
            schema,
            prepared.fragments,
            prepared.fragment_details,
            None,
            context,
            operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
        )


class Payloads:
    """The pieces of one answer, their errors masked."""

    def __init__(self, results: ExperimentalIncrementalExecutionResults, mask: ErrorMask) -> None:
        self._initial = results.initial_result
        self._subsequent = results.subsequent_results
        self._mask = mask
        self._pending: set[str] = set()
        self.has_next = True

    def first(self) -> Payload:
        """What is there at once."""
        payload: Payload = {}
        if self._initial.errors:
            payload["errors"] = self._errors(self._initial.errors)
        payload["data"] = self._initial.data
        return self._counted(payload, self._initial)

    async def following(self) -> Payload:
        """What is there next; waits for it."""
        result = await anext(self._subsequent)
        payload: Payload = {}
        if result.incremental:
            payload["incremental"] = [self._masked(one) for one in result.incremental]
        if result.completed:
            payload["completed"] = [self._masked(one) for one in result.completed]
            self._pending.difference_update(one.id for one in result.completed)
        return self._counted(payload, result)

    def failed(self, error: FormattedError) -> Payload:
        """The end of whatever has not come."""
        self.has_next = False
        completed = [{"id": id_, "errors": [error]} for id_ in sorted(self._pending)]
        return {"completed": completed, "hasNext": False}

    async def aclose(self) -> None:
        """Stop working on what has not come."""
        await self._subsequent.aclose()

    def _counted(self, payload: Payload, result: Any) -> Payload:
        if result.pending:
            payload["pending"] = [one.formatted for one in result.pending]
            self._pending.update(one.id for one in result.pending)
        self.has_next = payload["hasNext"] = result.has_next
        return payload

    def _masked(self, result: Any) -> Payload:
        formatted: Payload = {**result.formatted}
        if result.errors:
            formatted["errors"] = self._errors(result.errors)
        return formatted

    def _errors(self, errors: Sequence[GraphQLError]) -> list[FormattedError]:
        return [self._mask.execution(error) for error in errors]
