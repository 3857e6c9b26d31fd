"""One operation executed twice: as the endpoint does it, and by graphql-core alone."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.errors import GatewayError
from gateway.graphql.documents.document_cache import Documents, PreparedDocument
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.production import Production
from gateway.yielding import Yielding


@lru_cache(maxsize=64)
def prepared_for(schema: GraphQLSchema, text: str) -> PreparedDocument:
    """A document that keeps the plans of its executions; InvalidDocument if it is not valid.

    As in a server, one that is asked again is not validated again.
    """
    documents = Documents(schema)
    prepared = documents.parse(text)
    documents.validate(prepared)
    return prepared


async def execute_ours(
    schema: GraphQLSchema,
    prepared: PreparedDocument,
    variables: dict[str, Any] | None,
    context: object,
    name: str | None = None,
) -> ExecutionResult:
    operation = prepared.operation(name)
    values = Variables(schema, operation).coerce(variables or {})
    if isinstance(values, list):
        return ExecutionResult(None, values)
    # Without yielding in between: where a null spreads, which errors of its siblings are
    # still met depends on who goes first (GraphQL specification, 6.4.4).
    production = Production(Yielding(work_per_yield=sys.maxsize))
    return await OperationExecutor(schema, prepared, operation, values, context, production).run()


async def execute_theirs(
    schema: GraphQLSchema,
    prepared: PreparedDocument,
    variables: dict[str, Any] | None,
    context: object,
    name: str | None = None,
) -> ExecutionResult:
    result: Any = execute(
        schema,
        prepared.document,
        context_value=context,
        variable_values=variables,
        operation_name=name,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        is_awaitable=optimized_is_awaitable,
    )
    done = result if isinstance(result, ExecutionResult) else await result
    assert isinstance(done, ExecutionResult)
    return done


def count_fallbacks(monkeypatch: pytest.MonkeyPatch) -> list[OperationExecutor]:
    """The operations that graphql-core will have executed, to look at later."""
    found: list[OperationExecutor] = []
    original = OperationExecutor._as_graphql_core

    async def counted(executor: OperationExecutor) -> ExecutionResult:
        found.append(executor)
        return await original(executor)

    monkeypatch.setattr(OperationExecutor, "_as_graphql_core", counted)
    return found


def written(result: ExecutionResult) -> bytes:
    """All that a response would show of a result, errors in the order of their paths."""
    errors = sorted(orjson.dumps(shown(error)) for error in result.errors or ())
    return orjson.dumps({"data": result.data}) + b"\n".join(errors)


def shown(error: GraphQLError) -> dict[str, Any]:
    """An error as a response has it, with what tells its cause."""
    cause = error.original_error
    code = cause.code if isinstance(cause, GatewayError) else type(cause).__name__
    return {**error.formatted, "code": code}


async def compared(
    schema: GraphQLSchema, text: str, variables: dict[str, Any] | None, ours: Any, theirs: Any
) -> ExecutionResult:
    """Our result, with the context ``ours``, once it is the same as theirs to the byte.

    InvalidDocument if there is nothing to compare.
    """
    prepared = prepared_for(schema, text)
    result = await execute_ours(schema, prepared, variables, ours)
    expected = await execute_theirs(schema, prepared, variables, theirs)
    assert written(result) == written(expected)
    return result


async def executed(
    schema: GraphQLSchema, text: str, variables: dict[str, Any] | None, context: object
) -> ExecutionResult:
    """Our result alone, where a second execution would change what is tested.

    InvalidDocument if nothing was executed.
    """
    prepared = prepared_for(schema, text)
    return await execute_ours(schema, prepared, variables, context)
