"""From a request and its viewer to an answer: execution, its limits and its errors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationType
from orjson import Fragment

from gateway.auth.viewer import Viewer
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents, PreparedDocument
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.basis import Basis
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.incremental import is_incremental
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.operation_key import OperationKey
from gateway.graphql.execution.payloads import Payloads
from gateway.graphql.execution.preparation import Preparation, PreparedOperation
from gateway.graphql.execution.production import (
    VALUES_OF_AN_ERROR,
    Production,
    ProductionLimits,
)
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.execution.writing import masked, written
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import OperationTimeout
from gateway.http.refusals import NotAcceptable
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Any]]

#: Entered around an operation.
AroundOperation = Callable[[RequestRecord], AbstractContextManager[None]]


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
    ) -> None:
        self._schema = schema
        self.documents = documents
        self.persisted = persisted or PersistedDocuments()
        self._open_operation = open_operation
        self._mask = mask
        self._limits = ProductionLimits(
            math.inf if admission is None else admission.cost_limit,
            value_limit,
            answer_limit,
            timeout_seconds,
        )
        self._yielding = yielding or Yielding()
        self._admission = admission
        self._preparation = Preparation(
            schema, documents, self.persisted, admission, mask, self._yielding, hide_suggestions
        )
        self._around = around
        self._responses = responses

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
        with self._within(record):
            ready = await self._preparation.prepare(request, viewer, allowed, record)
            if not isinstance(ready, PreparedOperation):
                return ready
            if is_incremental(ready.prepared):
                raise NotAcceptable(
                    "An operation with @defer or @stream needs Accept: multipart/mixed."
                )
            answer, _ = await self._finish(ready, viewer, record)
            return answer

    async def is_subscription(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> bool:
        """Whether the request is for a subscription, as far as that can be told."""
        return await self._preparation.is_subscription(request, viewer, record)

    async def open_live(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> PreparedOperation | Answer:
        """The query that a subscription stands for, charged once; else the errors in its place.

        Raises as ``execute`` does.
        """
        with self._within(record):
            ready = await self._preparation.prepare(
                request, viewer, (OperationType.SUBSCRIPTION,), record
            )
        record.begin("execute")
        return ready

    async def evaluate(
        self, ready: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> tuple[Answer, Basis]:
        """The answer of a live query now, and what it depends on; nobody is charged for it."""
        with self._within(record):
            answer, basis = await self._finish(ready, viewer, record)
        assert basis is not None  # noqa: S101 - a live query has one
        return answer, basis

    async def find(
        self, admitted: AdmittedOperation, viewer: Viewer, record: RequestRecord
    ) -> CacheEntry | None:
        """The entry that answers an operation which was admitted before, if there is one now."""
        if self._responses is None or not self._responses.is_of_today(admitted.key):
            return None
        return await self._responses.find(admitted.key, viewer, record)

    async def charge_again(
        self, admitted: AdmittedOperation, viewer: Viewer, record: RequestRecord
    ) -> None:
        """Charge and record an operation whose entry was found as if it were executed.

        RateLimited if the viewer's budget is used up.
        """
        with self._within(record):
            record.pass_over(_PASSED_OVER)
            record.begin("execute")
            record.operation, record.document = admitted.name, admitted.document
            if self._admission is not None:
                await self._admission.spend(viewer, record.client, admitted.cost)
                record.cost = admitted.cost

    async def stream(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> AsyncGenerator[Answer, None]:
        """Execute the operation, and give what it defers or streams once it is there.

        The first answer has ``hasNext`` if more follow. The operation lives until the last: close
        the generator when nobody wants it any more. Its time is counted while it works, not while
        an answer is on its way. Raises, before the first answer, as ``execute`` does.
        """
        ready = await self._preparation.prepare(request, viewer, allowed, record)
        if not isinstance(ready, PreparedOperation):
            yield ready
            return
        if not is_incremental(ready.prepared):
            with self._within(record):
                answer, _ = await self._finish(ready, viewer, record)
            yield answer
            return
        production = Production(self._yielding, self._limits)
        async with (
            self._charging(ready, production, viewer, record),
            AsyncExitStack() as stack,
        ):
            async with self._until(production):
                context = await stack.enter_async_context(self._open_operation(viewer, record))
                running = CountedExecution(self._schema, *ready[:3], context, production)
                stack.callback(running.compiled.clear)
                result: Any = running.execute_operation()
                if running.is_awaitable(result):
                    result = await result
                production.check()
                payloads = None
                if isinstance(result, ExecutionResult):
                    data = await self._data(result, production)
                    first = {**await self._errors(result, production), "data": _shown(data)}
                    production.check()
                else:
                    payloads = Payloads(result, self._mask, production)
                    stack.push_async_callback(payloads.aclose)
                    first = await payloads.first()
            yield _marked(context, Answer({**first, **ready.extensions}))
            while payloads is not None and payloads.has_next:
                try:
                    async with self._until(production):
                        following = await payloads.following()
                except Exception as error:
                    # The status is sent already: whatever was to come has failed.
                    following = await payloads.failed(self._mask.unexpected(error))
                yield Answer(following)

    async def _finish(
        self, ready: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> tuple[Answer, Basis | None]:
        record.begin("execute")
        production = Production(self._yielding, self._limits)
        async with (
            self._charging(ready, production, viewer, record),
            self._until(production),
            AsyncExitStack() as stack,
        ):
            responses = self._responses
            if ready.operation.operation is not OperationType.QUERY:
                responses = None
            key = None if responses is None else responses.key(ready.prepared, ready.request)
            if responses is not None and key is not None:
                entry = await responses.find(key, viewer, record)
                if entry is not None:
                    held = Basis(entry.entities, entry.position, cacheable=True)
                    return _answer_of(entry, key, ready, record), held
            context = await stack.enter_async_context(self._open_operation(viewer, record))
            executor = OperationExecutor(self._schema, *ready[:3], context, production)
            result = await executor.run()
            data = await self._data(result, production)
            entry = None
            if not result.errors and data is not None and responses is not None and key is not None:
                personal = self._is_personal(ready.prepared)
                entry = responses.store(key, viewer, context, data, personal=personal)
            errors = await self._errors(result, production)
            production.check()
        basis = None
        if ready.live_key is not None:
            reads = context.reads
            basis = Basis(reads.entities, reads.position, reads.cacheable)
        if entry is not None and key is not None:
            return _answer_of(entry, key, ready, record), basis
        shown = Answer({**errors, "data": _shown(data), **ready.extensions})
        return _marked(context, shown), basis

    def _is_personal(self, prepared: PreparedDocument) -> bool:
        return self._admission is not None and self._admission.refuses_some(prepared)

    @asynccontextmanager
    async def _charging(
        self,
        ready: PreparedOperation,
        production: Production,
        viewer: Viewer,
        record: RequestRecord,
    ) -> AsyncIterator[None]:
        """Whatever becomes of the operation, charge what it has produced."""
        try:
            yield
        finally:
            if self._admission is not None and ready.live_key is None:
                record.cost = await self._admission.charge_excess(
                    ready.cost, production.cost, viewer, record.client
                )

    def _within(self, record: RequestRecord) -> AbstractContextManager[None]:
        return nullcontext() if self._around is None else self._around(record)

    @asynccontextmanager
    async def _until(self, production: Production) -> AsyncIterator[None]:
        """Stop what is done within at its deadline: OperationTimeout."""
        try:
            async with asyncio.timeout_at(production.deadline) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise OperationTimeout(self._limits.seconds) from None

    async def _data(self, result: ExecutionResult, production: Production) -> bytes | None:
        """The data as JSON, if there is any."""
        if result.data is None:
            return None
        return await written(result.data, production.values, production)

    async def _errors(self, result: ExecutionResult, production: Production) -> dict[str, Any]:
        """What the answer tells of errors: nothing if there are none."""
        if not result.errors:
            return {}
        errors = await masked(result.errors, self._mask, production)
        values = VALUES_OF_AN_ERROR * len(errors)
        return {"errors": Fragment(await written(errors, values, production))}


def _shown(data: bytes | None) -> Fragment | None:
    return None if data is None else Fragment(data)


def _marked(context: Any, answer: Answer) -> Answer:
    answer.has_secret = context.has_secret
    return answer


def _answer_of(
    entry: CacheEntry, key: OperationKey, ready: PreparedOperation, record: RequestRecord
) -> Answer:
    if ready.extensions:
        return Answer(data=Fragment(entry.data), **ready.extensions)
    name, document = record.operation, record.document
    return Answer.cached(entry, AdmittedOperation(key, ready.cost, name, document))
