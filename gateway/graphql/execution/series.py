"""Series: executes queries of the gateway's own, which all read one snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.answering import Answering, json_data, raise_lost
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.preparation import Preparation, PreparedOperation
from gateway.graphql.refusals import RateLimited, SeriesTooCostly
from gateway.telemetry.record import RequestRecord

#: Executes one of the queries of a series.
ExecuteQuery = Callable[[GraphQLRequest], Awaitable[Answer]]

_QUERIES = frozenset({OperationType.QUERY})


@asynccontextmanager
async def in_one_snapshot(
    preparation: Preparation, answering: Answering, viewer: Viewer, record: RequestRecord
) -> AsyncIterator[ExecuteQuery]:
    """Open a series: executes the gateway's own queries in order, all from one snapshot.

    Each is admitted, limited and charged as an operation by itself; together they have the
    time of one. Once they cost more than a viewer may spend in a minute: SeriesTooCostly.
    """
    own = replace(preparation, persisted=PersistedDocuments())
    spent = 0
    with answering.within(record):
        together = answering.production()
        async with answering.until(together):
            async with answering.open_operation(viewer, record) as context:

                async def execute(request: GraphQLRequest) -> Answer:
                    nonlocal spent
                    with _series_refused(spent):
                        operation = await own.prepare(request, viewer, _QUERIES, record)
                    if not isinstance(operation, PreparedOperation):
                        return operation
                    record.begin("execute")
                    context.reset_loaders()
                    try:
                        return await _executed(answering, operation, viewer, record, context)
                    finally:
                        spent += record.cost or 0
                        record.cost = spent

                yield execute
            if answering.erased is not None:
                await answering.erased.check(viewer.id, context.reads.position)


async def _executed(
    answering: Answering,
    operation: PreparedOperation,
    viewer: Viewer,
    record: RequestRecord,
    context: Any,
) -> Answer:
    """Execute a query in the open operation of the series."""
    production = answering.production()
    async with answering.charging(operation, production, viewer, record):
        executor = OperationExecutor(answering.schema, *operation[:3], context, production)
        result = await executor.run()
        raise_lost(result.errors)
        data = await answering.data(result, production)
        errors = await answering.errors(result, production, record)
        production.check()
    return Answer({**errors, "data": json_data(data)})


@contextmanager
def _series_refused(spent: int) -> Iterator[None]:
    """Raise SeriesTooCostly if the whole series costs more than a viewer's minute has."""
    try:
        yield
    except RateLimited as error:
        if error.value is not None and spent and spent + error.value > error.limit:
            raise SeriesTooCostly(error.limit) from None
        raise
