"""Executor: makes the answer to a request of a viewer, within limits, with its errors."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationType

from gateway.auth.viewer import Viewer
from gateway.directory.erased_users import ErasedUsers
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.answering import (
    Answering,
    AroundOperation,
    OpenOperation,
    json_data,
    marked,
)
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.incremental import is_incremental
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.execution.payloads import Payloads
from gateway.graphql.execution.preparation import Preparation, PreparedOperation
from gateway.graphql.execution.production import ProductionLimits
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.execution.series import ExecuteQuery, in_one_snapshot
from gateway.graphql.masking import ErrorMask
from gateway.http.refusals import NotAcceptable
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding

#: Of an operation that was admitted before.
_PASSED_OVER = ("parse", "validate")


class Executor:
    """Executes requests against one schema, each in an operation of its own."""

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: Documents,
        open_operation: OpenOperation,
        mask: ErrorMask,
        timeout_seconds: float,
        admission: Admission | None = None,
        *,
        hide_suggestions: bool = False,
        persisted: PersistedDocuments | None = None,
        around: AroundOperation | None = None,
        value_limit: float = math.inf,
        answer_limit: float = math.inf,
        yielding: Yielding | None = None,
        responses: ResponseCache | None = None,
        open_again: OpenOperation | None = None,
        erased: ErasedUsers | None = None,
    ) -> None:
        self.documents = documents
        self.persisted = persisted or PersistedDocuments()
        limits = ProductionLimits(
            math.inf if admission is None else admission.cost_limit,
            value_limit,
            answer_limit,
            timeout_seconds,
        )
        yielding = yielding or Yielding()
        self._answering = Answering(
            schema,
            open_operation,
            open_again or open_operation,
            mask,
            limits,
            yielding,
            admission,
            around,
            responses,
            erased,
        )
        self._preparation = Preparation(
            schema, documents, self.persisted, admission, mask, yielding, hide_suggestions
        )
        self.live = LiveQueries(self._preparation, self._answering)

    async def execute(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> Answer:
        """Execute the operation; whatever is wrong with it is in the answer's ``errors``.

        Raises OperationTypeRefused for an operation type that is not allowed.
        """
        with self._answering.within(record):
            operation = await self._preparation.prepare(request, viewer, allowed, record)
            if not isinstance(operation, PreparedOperation):
                return operation
            if is_incremental(operation.prepared):
                raise NotAcceptable(
                    "An operation with @defer or @stream needs Accept: multipart/mixed."
                )
            return await self._answering.answer(operation, viewer, record)

    async def find(
        self, admitted: AdmittedOperation, viewer: Viewer, record: RequestRecord
    ) -> CacheEntry | None:
        """The entry that answers an operation which was admitted before, if there is one now."""
        if self._answering.responses is None or not self._answering.responses.is_of_today(
            admitted.key
        ):
            return None
        entry = await self._answering.responses.find(admitted.key, viewer, record)
        # Users who were erased, or may have been, are checked by the full execution.
        return None if entry is None or self._answering.may_be_erased(viewer) else entry

    async def charge_again(
        self, admitted: AdmittedOperation, viewer: Viewer, record: RequestRecord
    ) -> None:
        """Charge and record an operation whose entry was found as if it were executed.

        RateLimited if the viewer's budget is used up.
        """
        with self._answering.within(record):
            record.begin("execute", passed_over=_PASSED_OVER)
            record.operation, record.document = admitted.name, admitted.document
            admission = self._answering.admission
            if admission is not None:
                await admission.spend(viewer, record.client, admitted.cost)
                record.cost = admitted.cost

    async def stream(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> AsyncGenerator[Answer, None]:
        """Execute the operation, and yield what it defers or streams once it is there.

        The first answer has ``hasNext`` if more follow. The operation lives until the last: close
        the generator when it is not needed any more. Its time is counted while it works, not while
        an answer is on its way. Raises, before the first answer, as ``execute`` does.
        """
        answering = self._answering
        operation = await self._preparation.prepare(request, viewer, allowed, record)
        if not isinstance(operation, PreparedOperation):
            yield operation
            return
        if not is_incremental(operation.prepared):
            with answering.within(record):
                answer = await answering.answer(operation, viewer, record)
            yield answer
            return
        production = answering.production()
        async with (
            answering.charging(operation, production, viewer, record),
            AsyncExitStack() as stack,
        ):
            async with answering.until(production):
                if answering.erased is not None:
                    await answering.erased.check(viewer.id)
                context = await stack.enter_async_context(answering.open_operation(viewer, record))
                running = CountedExecution(answering.schema, *operation[:3], context, production)
                stack.callback(running.compiled.clear)
                result: Any = running.execute_operation()
                if running.is_awaitable(result):
                    result = await result
                production.check()
                payloads = None
                if isinstance(result, ExecutionResult):
                    data = await answering.data(result, production)
                    first = {
                        **await answering.errors(result, production, record),
                        "data": json_data(data),
                    }
                    production.check()
                else:
                    payloads = Payloads(result, answering.mask, production, record)
                    stack.push_async_callback(payloads.aclose)
                    first = await payloads.first()
                # The first part reports the state that all parts are read in.
                record.read(context.reads.position)
            yield marked(context, Answer({**first, **operation.extensions}))
            while payloads is not None and payloads.has_next:
                try:
                    async with answering.until(production):
                        following = await payloads.following()
                except Exception as error:
                    # The status is sent already: all pending parts have failed.
                    following = await payloads.failed(answering.mask.unexpected(error))
                yield Answer(following)

    def in_one_snapshot(
        self, viewer: Viewer, record: RequestRecord
    ) -> AbstractAsyncContextManager[ExecuteQuery]:
        """Open a series: executes the gateway's own queries in order, all from one snapshot."""
        return in_one_snapshot(self._preparation, self._answering, viewer, record)
