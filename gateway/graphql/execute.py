"""From a request and its viewer to an answer: execution, its time limit and its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from copy import copy
from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.documents import CachedDocuments, DocumentCache
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import OperationTimeout, UnknownOperation
from gateway.graphql.request import GraphQLRequest

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer], AbstractAsyncContextManager[object]]

#: ``data`` is missing when nothing was executed; ``errors`` when there were none.
Answer = dict[str, Any]


class Executor:
    """Executes requests against one schema, each in an operation of its own."""

    def __init__(
        self,
        schema: Schema,
        open_operation: OpenOperation,
        mask: ErrorMask,
        timeout_seconds: float,
    ) -> None:
        documents = DocumentCache()
        # A copy, as the schema belongs to whoever handed it in.
        self._schema = copy(schema)
        self._schema.extensions = (*schema.extensions, lambda: CachedDocuments(documents))
        # On our copy alone: Strawberry would log every error, those of callers included, while
        # ErrorMask logs what is ours to look at, once.
        self._schema.process_errors = _log_nothing  # type: ignore[method-assign]
        self._open_operation = open_operation
        self._mask = mask
        self._timeout_seconds = timeout_seconds

    async def execute(
        self, request: GraphQLRequest, viewer: Viewer, allowed: Iterable[OperationType]
    ) -> Answer:
        """Execute the operation; whatever is wrong with it is in the answer's ``errors``.

        Raises strawberry's InvalidOperationTypeError for an operation type that is not allowed.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds) as deadline:
                async with self._open_operation(viewer) as operation:
                    result = await self._schema.execute(
                        request.query,
                        variable_values=request.variables,
                        operation_name=request.operation_name,
                        context_value=operation,
                        allowed_operation_types=allowed,
                    )
        except CannotGetOperationTypeError:
            raise UnknownOperation("The document has no operation of this name.") from None
        except TimeoutError:
            if not deadline.expired():
                raise
            raise OperationTimeout(self._timeout_seconds) from None
        return self._answer(result)

    def _answer(self, result: ExecutionResult) -> Answer:
        errors = result.errors or []
        if isinstance(result, PreExecutionError):
            return {"errors": [self._mask.validation(error) for error in errors]}
        answer: Answer = {}
        if errors:
            answer["errors"] = [self._mask.execution(error) for error in errors]
        if result.data is not None or any(error.path for error in errors):
            answer["data"] = result.data
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer


def _log_nothing(
    errors: list[GraphQLError], execution_context: ExecutionContext | None = None
) -> None:
    """In place of ``Schema.process_errors``."""
