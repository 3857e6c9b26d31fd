"""A series of queries of our own, which all read one snapshot."""

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
    """Give what executes queries of our own, one after the other, all from one snapshot.

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
                        ready = await own.prepare(request, viewer, _QUERIES, record)
                    if not isinstance(ready, PreparedOperation):
                        return ready
                    record.begin("execute")
                    context.reset_loaders()
                    try:
                        return await _executed(answering, ready, viewer, record, context)
                    finally:
                        spent += record.cost or 0
                        record.cost = spent

                yield execute
            if answering.erased is not None:
                await answering.erased.check(viewer.id, context.reads.position)


async def _executed(
    answering: Answering,
    ready: PreparedOperation,
    viewer: Viewer,
    record: RequestRecord,
    context: Any,
) -> Answer:
    """The answer of a query that reads in an operation which goes on."""
    production = answering.production()
    async with answering.charging(ready, production, viewer, record):
        executor = OperationExecutor(answering.schema, *ready[:3], context, production)
        result = await executor.run()
        raise_lost(result.errors)
        data = await answering.data(result, production)
        errors = await answering.errors(result, production, record)
        production.check()
    return Answer({**errors, "data": json_data(data)})


@contextmanager
def _series_refused(spent: int) -> Iterator[None]:
    """Say so if what was spent already, by the same request, leaves too little of any minute."""
    try:
        yield
    except RateLimited as error:
        if error.value is not None and spent and spent + error.value > error.limit:
            raise SeriesTooCostly(error.limit) from None
        raise
