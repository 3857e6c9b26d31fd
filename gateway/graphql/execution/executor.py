"""From a request and its viewer to an answer: execution, its limits and its errors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import replace
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from orjson import Fragment

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db.connection_slots import NoConnection
from gateway.db.database import SnapshotLost
from gateway.db.faults import DatabaseFault
from gateway.directory.erased_users import ErasedUsers
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents, PreparedDocument
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.basis import Basis, Evaluation
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
from gateway.graphql.masking import ErrorMask, cause_of
from gateway.graphql.refusals import OperationTimeout, RateLimited, SeriesTooCostly
from gateway.http.refusals import NotAcceptable
from gateway.loaders.reading_anew import note_lost
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Any]]

#: Entered around an operation.
AroundOperation = Callable[[RequestRecord], AbstractContextManager[None]]

#: Executes one of the queries of a series.
ExecuteQuery = Callable[[GraphQLRequest], Awaitable[Answer]]


#: In place of the method of a request.
_LIVE = "LIVE"
#: Of an operation that was admitted before.
_PASSED_OVER = ("parse", "validate")
#: What tells nothing of what was asked.
_PASSING = (DatabaseFault, NoConnection, SnapshotLost)
_QUERIES = frozenset({OperationType.QUERY})


class _Made(NamedTuple):
    """An answer that was just made, and the context of its operation, which is closed."""

    answer: Answer
    context: Any
    is_cached: bool = False
    #: Whether something could not be read that might be in a moment.
    is_incomplete: bool = False


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
        self._schema = schema
        self.documents = documents
        self.persisted = persisted or PersistedDocuments()
        self._open_operation = open_operation
        #: For live queries that are evaluated again.
        self._open_again = open_again or open_operation
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
        self._erased = erased

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
            return await self._finish(ready, viewer, record)

    async def is_subscription(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> bool:
        """Whether the request is for a subscription, as far as that can be told."""
        return await self._preparation.is_subscription(request, viewer, record)

    async def charge_refused(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> None:
        """Charge for a subscription that was read and finds no place."""
        await self._preparation.charge_refused(request, viewer, record)

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

    def held(
        self, ready: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> Evaluation | None:
        """The cached answer of a live query, for whoever has just let the change feed catch up."""
        key = self._key(ready)
        entry = None
        if self._responses is not None and key is not None and not record.at_primary:
            entry = self._responses.held(key, viewer)
        if entry is None or key is None or self._may_be_erased(viewer):
            return None
        answer = _answer_of(entry, key, ready, record)
        return Evaluation(answer, Basis(entry.entities, entry.position))

    async def learn(self, ready: PreparedOperation, viewers: Collection[Viewer]) -> None:
        """Let ``held`` know which of these viewers have the rights that a cached answer needs.

        At most one statement, with the connections of live answers. Then the feed has to catch up
        again.
        """
        key = self._key(ready)
        if self._responses is not None and key is not None:
            async with self._open_again(ANONYMOUS, RequestRecord("", _LIVE)) as context:
                await self._responses.learn(key, viewers, context.snapshot)

    async def evaluate(
        self,
        ready: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        *,
        again: bool = False,
    ) -> Evaluation:
        """Execute a live query.

        What it has produced beyond its cost is charged, but not ``again``: then it reads with the
        connections of live answers, and raises an error of a field that may be gone in a moment.
        """
        with self._within(record):
            production = Production(self._yielding, self._limits)
            async with AsyncExitStack() as stack:
                if not again:
                    charging = self._charging(ready, production, viewer, record)
                    await stack.enter_async_context(charging)
                await stack.enter_async_context(self._until(production))
                made = await self._made(
                    ready, viewer, record, production, self._key(ready), again=again
                )
            personal = made.context.permissions.personal or self._is_personal(ready.prepared)
            basis = Basis.of(made.context.reads, is_complete=not made.is_incomplete)
            return Evaluation(made.answer, basis, made.is_cached and personal)

    async def find(
        self, admitted: AdmittedOperation, viewer: Viewer, record: RequestRecord
    ) -> CacheEntry | None:
        """The entry that answers an operation which was admitted before, if there is one now."""
        if self._responses is None or not self._responses.is_of_today(admitted.key):
            return None
        entry = await self._responses.find(admitted.key, viewer, record)
        # Whoever was erased, or may have been, is told so where there is time to look.
        return None if entry is None or self._may_be_erased(viewer) else entry

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
                answer = await self._finish(ready, viewer, record)
            yield answer
            return
        production = Production(self._yielding, self._limits)
        async with (
            self._charging(ready, production, viewer, record),
            AsyncExitStack() as stack,
        ):
            async with self._until(production):
                if self._erased is not None:
                    await self._erased.check(viewer.id)
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
                    first = {**await self._errors(result, production, record), "data": _shown(data)}
                    production.check()
                else:
                    payloads = Payloads(result, self._mask, production, record)
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

    @asynccontextmanager
    async def in_one_snapshot(
        self, viewer: Viewer, record: RequestRecord
    ) -> AsyncIterator[ExecuteQuery]:
        """Give what executes queries of our own, one after the other, all from one snapshot.

        Each is admitted, limited and charged as an operation by itself; together they have the
        time of one. Once they cost more than a viewer may spend in a minute: SeriesTooCostly.
        """
        preparation = replace(self._preparation, persisted=PersistedDocuments())
        spent = 0
        with self._within(record):
            together = Production(self._yielding, self._limits)
            async with self._until(together):
                async with self._open_operation(viewer, record) as context:

                    async def execute(request: GraphQLRequest) -> Answer:
                        nonlocal spent
                        with _series_refused(spent):
                            ready = await preparation.prepare(request, viewer, _QUERIES, record)
                        if not isinstance(ready, PreparedOperation):
                            return ready
                        record.begin("execute")
                        context.load_anew()
                        try:
                            return await self._executed(ready, viewer, record, context)
                        finally:
                            spent += record.cost or 0
                            record.cost = spent

                    yield execute
                if self._erased is not None:
                    await self._erased.check(viewer.id, context.reads.position)

    async def _executed(
        self, ready: PreparedOperation, viewer: Viewer, record: RequestRecord, context: Any
    ) -> Answer:
        """The answer of a query that reads in an operation which goes on."""
        production = Production(self._yielding, self._limits)
        async with self._charging(ready, production, viewer, record):
            executor = OperationExecutor(self._schema, *ready[:3], context, production)
            result = await executor.run()
            _raise_lost(result.errors)
            data = await self._data(result, production)
            errors = await self._errors(result, production, record)
            production.check()
        return Answer({**errors, "data": _shown(data)})

    async def _finish(
        self, ready: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> Answer:
        record.begin("execute")
        production = Production(self._yielding, self._limits)
        async with (
            self._charging(ready, production, viewer, record),
            self._until(production),
        ):
            key = self._key(ready)
            if self._responses is not None and key is not None:
                entry = await self._responses.find(key, viewer, record)
                if entry is not None:
                    if self._erased is not None:
                        await self._erased.check(viewer.id, entry.position)
                    return _answer_of(entry, key, ready, record)
            return (await self._made(ready, viewer, record, production, key)).answer

    def _key(self, ready: PreparedOperation) -> OperationKey | None:
        """The key under which the answer may be cached."""
        if self._responses is None or ready.operation.operation is not OperationType.QUERY:
            return None
        return self._responses.key(ready.prepared, ready.request)

    async def _made(
        self,
        ready: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        production: Production,
        key: OperationKey | None,
        *,
        again: bool = False,
    ) -> _Made:
        """Execute the operation, and cache its answer if that can be.

        A query whose snapshot was lost is executed once more.
        """
        try:
            return await self._made_once(ready, viewer, record, production, key, again=again)
        except SnapshotLost as lost:
            note_lost(record, lost)
            production.start_again()
        return await self._made_once(
            ready, viewer, record, production, key, again=again, is_last=True
        )

    async def _made_once(
        self,
        ready: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        production: Production,
        key: OperationKey | None,
        *,
        again: bool,
        is_last: bool = False,
    ) -> _Made:
        opened = self._open_again if again else self._open_operation
        async with opened(viewer, record) as context:
            executor = OperationExecutor(self._schema, *ready[:3], context, production)
            result = await executor.run()
            if not is_last and ready.operation.operation is OperationType.QUERY:
                _raise_lost(result.errors)
            passing = None
            if ready.live_key is not None and result.errors:
                passing = self._passing(result.errors)
                if again and passing is not None:
                    raise passing
            data = await self._data(result, production)
            entry = None
            if not result.errors and data is not None and key is not None:
                assert self._responses is not None  # noqa: S101 - it has made the key
                personal = self._is_personal(ready.prepared)
                entry = self._responses.store(key, viewer, context, data, personal=personal)
            errors = await self._errors(result, production, record)
            production.check()
        # No connection is held now. A mutation finds out itself, before it changes anything.
        if self._erased is not None and ready.operation.operation is OperationType.QUERY:
            await self._erased.check(viewer.id, context.reads.position)
        if entry is not None and key is not None:
            return _Made(_answer_of(entry, key, ready, record), context, is_cached=True)
        shown = Answer({**errors, "data": _shown(data), **ready.extensions})
        return _Made(_marked(context, shown), context, is_incomplete=passing is not None)

    def _passing(self, errors: Iterable[GraphQLError]) -> BaseException | None:
        """An error that is no answer, as it tells nothing of what was asked."""
        for error in errors:
            cause = cause_of(error)
            if isinstance(cause, _PASSING) or self._mask.hides(error):
                return cause
        return None

    def _may_be_erased(self, viewer: Viewer) -> bool:
        return (
            self._erased is not None
            and viewer.id is not None
            and self._erased.is_erased(viewer.id) is not False
        )

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
            if self._admission is not None:
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

    async def _errors(
        self, result: ExecutionResult, production: Production, record: RequestRecord
    ) -> dict[str, Any]:
        """What the answer tells of errors, which are noted: nothing if there are none."""
        if not result.errors:
            return {}
        errors = await masked(result.errors, self._mask, production)
        record.note_errors(errors)
        values = VALUES_OF_AN_ERROR * len(errors)
        return {"errors": Fragment(await written(errors, values, production))}


def _raise_lost(errors: Iterable[GraphQLError] | None) -> None:
    """SnapshotLost if that is why a field has an error."""
    for error in errors or ():
        cause = cause_of(error)
        if isinstance(cause, SnapshotLost):
            raise cause


@contextmanager
def _series_refused(spent: int) -> Iterator[None]:
    """Say so if what was spent already, by the same request, leaves too little of any minute."""
    try:
        yield
    except RateLimited as error:
        if error.value is not None and spent and spent + error.value > error.limit:
            raise SeriesTooCostly(error.limit) from None
        raise


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
