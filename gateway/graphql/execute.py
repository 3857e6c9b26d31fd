"""From a request and its viewer to an answer: execution, its time limit and its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode, OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.documents import Documents, InvalidDocument, PreparedDocument
from gateway.graphql.masking import ErrorMask
from gateway.graphql.operation_executor import OperationExecutor
from gateway.graphql.refusals import OperationTimeout, OperationTypeRefused
from gateway.graphql.request import GraphQLRequest
from gateway.graphql.variables import OperationVariables, Variables

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer], AbstractAsyncContextManager[object]]

#: ``data`` is missing when nothing was executed; ``errors`` when there were none.
Answer = dict[str, Any]


class Executor:
    """Executes requests against one schema, each in an operation of its own."""

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: Documents,
        open_operation: OpenOperation,
        mask: ErrorMask,
        timeout_seconds: float,
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._open_operation = open_operation
        self._mask = mask
        self._timeout_seconds = timeout_seconds

    async def execute(
        self, request: GraphQLRequest, viewer: Viewer, allowed: Collection[OperationType]
    ) -> Answer:
        """Execute the operation; whatever is wrong with it is in the answer's ``errors``.

        Raises OperationTypeRefused for an operation type that is not allowed.
        """
        try:
            prepared = self._documents.parse(request.query)
            operation = prepared.operation(request.operation_name)
            if operation.operation not in allowed:
                raise OperationTypeRefused(operation.operation.value)
            self._documents.validate(prepared)
        except InvalidDocument as refused:
            return {"errors": [self._mask.validation(error) for error in refused.errors]}
        variables = self._variables(prepared, operation).coerce(request.variables or {})
        if isinstance(variables, list):
            return {"errors": [self._mask.execution(error) for error in variables]}
        try:
            async with asyncio.timeout(self._timeout_seconds) as deadline:
                async with self._open_operation(viewer) as context:
                    result = await self._run(prepared, operation, variables, context)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise OperationTimeout(self._timeout_seconds) from None
        return self._answer(result)

    def _variables(
        self, prepared: PreparedDocument, operation: OperationDefinitionNode
    ) -> Variables:
        key = (Variables, id(operation))
        known: Variables | None = prepared.facts.get(key)
        if known is None:
            known = prepared.facts[key] = Variables(self._schema, operation)
        return known

    async def _run(
        self,
        prepared: PreparedDocument,
        operation: OperationDefinitionNode,
        variables: OperationVariables,
        context: object,
    ) -> ExecutionResult:
        return await OperationExecutor(self._schema, prepared, operation, variables, context).run()

    def _answer(self, result: ExecutionResult) -> Answer:
        answer: Answer = {}
        if result.errors:
            answer["errors"] = [self._mask.execution(error) for error in result.errors]
        answer["data"] = result.data
        return answer
