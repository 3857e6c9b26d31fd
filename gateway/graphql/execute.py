"""From a request and its viewer to an answer: execution, its limits and its errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from typing import Any, NamedTuple

import orjson
from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode, OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.admission import Admission
from gateway.graphql.answers import kept, key_of
from gateway.graphql.caching import Validation
from gateway.graphql.documents import Documents, InvalidDocument, PreparedDocument
from gateway.graphql.incremental import IncrementalOperationExecutor, Payloads, is_incremental
from gateway.graphql.masking import ErrorMask
from gateway.graphql.operation_executor import OperationExecutor
from gateway.graphql.persisted import PersistedDocuments
from gateway.graphql.refusals import OperationTimeout, OperationTypeRefused
from gateway.graphql.request import GraphQLRequest
from gateway.graphql.variables import OperationVariables, Variables
from gateway.http.refusals import NotAcceptable
from gateway.telemetry.record import RequestRecord

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Any]]

#: Entered around an operation.
AroundOperation = Callable[[RequestRecord], AbstractContextManager[None]]

#: ``data`` is missing when nothing was executed; ``errors`` when there were none.
Answer = dict[str, Any]


class _Ready(NamedTuple):
    """An operation that may be executed."""

    prepared: PreparedDocument
    operation: OperationDefinitionNode
    variables: OperationVariables
    #: What goes with the answer beside data and errors.
    extensions: dict[str, Any]


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
        keep_answers: bool = False,
    ) -> None:
        self._schema = schema
        self.documents = documents
        self._open_operation = open_operation
        self._mask = mask
        self._timeout_seconds = timeout_seconds
        self._admission = admission
        self._hide_suggestions = hide_suggestions
        self._persisted = persisted or PersistedDocuments()
        self._around = around
        self._keep_answers = keep_answers

    async def execute(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
        address: str = "",
        validation: Validation | None = None,
    ) -> Answer:
        """Execute the operation; whatever is wrong with it is in the answer's ``errors``.

        ``address`` stands for a viewer without credentials. ``validation`` is told what the answer
        depends on; the answer is empty if the client has it already. Raises OperationTypeRefused
        for an operation type that is not allowed.
        """
        with self._within(record):
            ready = await self._ready(request, viewer, allowed, record, address)
            if not isinstance(ready, _Ready):
                return ready
            if is_incremental(ready.prepared):
                raise NotAcceptable(
                    "An operation with @defer or @stream is answered in several parts."
                )
            return await self._finish(ready, request, viewer, record, validation)

    async def stream(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
        address: str = "",
        validation: Validation | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """Execute the operation, and give what it defers or streams once it is there.

        The first answer has ``hasNext`` if more follow. The operation lives until the last: close
        the generator when nobody wants it any more. Its time is counted while it works, not while
        an answer is on its way. Raises, before the first answer, as ``execute`` does.
        """
        ready = await self._ready(request, viewer, allowed, record, address)
        if not isinstance(ready, _Ready):
            yield ready
            return
        if not is_incremental(ready.prepared):
            with self._within(record):
                answer = await self._finish(ready, request, viewer, record, validation)
            yield answer
            return
        deadline = self._deadline()
        async with AsyncExitStack() as stack:
            async with self._until(deadline):
                context = await stack.enter_async_context(self._open_operation(viewer, record))
                running = IncrementalOperationExecutor(self._schema, *ready[:3], context)
                result: Any = running.execute_operation()
                if running.is_awaitable(result):
                    result = await result
            if isinstance(result, ExecutionResult):
                yield self._answer(result, ready.extensions)
                return
            payloads = Payloads(result, self._mask)
            stack.push_async_callback(payloads.aclose)
            yield {**payloads.first(), **ready.extensions}
            while payloads.has_next:
                try:
                    async with self._until(deadline):
                        following = await payloads.following()
                except Exception as error:
                    # The status is sent already: whatever was to come has failed.
                    following = payloads.failed(self._mask.unexpected(error))
                yield following

    async def _ready(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
        address: str,
    ) -> _Ready | Answer:
        """The operation if it may be executed, else the errors in its place."""
        extensions: dict[str, Any] = {}
        try:
            record.begin("parse")
            prepared = self.documents.parse(self._persisted.text(request))
            operation = prepared.operation(request.operation_name)
            record.ask(operation.name.value if operation.name else None, prepared.digest)
            if operation.operation not in allowed:
                raise OperationTypeRefused(operation.operation.value)
            record.begin("validate")
            self.documents.validate(prepared)
            variables = self._variables(prepared, operation).coerce(
                request.variables or {}, hide_suggestions=self._hide_suggestions
            )
            if isinstance(variables, list):
                return {"errors": self._mask.variables(variables)}
            if self._admission is not None:
                cost = await self._admission.admit(
                    prepared, operation, variables.coerced, viewer, address
                )
                record.cost = cost
                if request.extensions and request.extensions.get("cost") is True:
                    told = {"value": cost, "limit": self._admission.cost_limit}
                    extensions = {"extensions": {"cost": told}}
        except InvalidDocument as refused:
            return {"errors": self._mask.document(refused.errors)}
        self._persisted.register(request)
        return _Ready(prepared, operation, variables, extensions)

    async def _finish(
        self,
        ready: _Ready,
        request: GraphQLRequest,
        viewer: Viewer,
        record: RequestRecord,
        validation: Validation | None,
    ) -> Answer:
        record.begin("execute")
        async with self._until(self._deadline()), self._open_operation(viewer, record) as context:
            if validation is not None and await validation.still_holds(
                context,
                ready.prepared.text,
                request.operation_name,
                request.variables,
                ready.extensions,
            ):
                return {}
            key = None
            if self._keep_answers and ready.operation.operation is OperationType.QUERY:
                key = key_of(ready.prepared, request, viewer, context.now)
                known = await context.recall(key)
                if known is not None:
                    if validation is not None:
                        validation.executed(known.versions)
                    return {"data": orjson.Fragment(known.data), **ready.extensions}
            result = await self._run(*ready[:3], context)
            answer = self._answer(result, ready.extensions)
            if not result.errors:
                if validation is not None:
                    validation.executed(await context.versions())
                if key is not None and result.data is not None:
                    answer["data"] = await kept(context, key, result.data)
        return answer

    def _within(self, record: RequestRecord) -> AbstractContextManager[None]:
        return nullcontext() if self._around is None else self._around(record)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._timeout_seconds

    @asynccontextmanager
    async def _until(self, deadline: float) -> AsyncIterator[None]:
        """Stop what is done within at the deadline: OperationTimeout."""
        try:
            async with asyncio.timeout_at(deadline) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise OperationTimeout(self._timeout_seconds) from None

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

    def _answer(self, result: ExecutionResult, extensions: Answer) -> Answer:
        answer: Answer = {}
        if result.errors:
            answer["errors"] = [self._mask.execution(error) for error in result.errors]
        answer["data"] = result.data
        answer.update(extensions)
        return answer
