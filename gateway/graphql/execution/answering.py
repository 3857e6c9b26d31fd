"""Answering: executes one admitted operation within its limits, and makes its answer.

The executor, live queries and series of queries share it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from orjson import Fragment

from gateway.auth.viewer import Viewer
from gateway.db.connection_slots import NoConnection
from gateway.db.database import SnapshotLost
from gateway.db.faults import DatabaseFault
from gateway.directory.erased_users import ErasedUsers
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.operation_key import OperationKey
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.execution.production import (
    VALUES_OF_AN_ERROR,
    Production,
    ProductionLimits,
)
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.execution.writing import masked, written
from gateway.graphql.masking import ErrorMask, cause_of
from gateway.graphql.refusals import OperationTimeout
from gateway.loaders.reading_anew import note_lost
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding

#: Opens what the resolvers of one operation share, as ``info.context``.
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Any]]

#: Entered around an operation.
AroundOperation = Callable[[RequestRecord], AbstractContextManager[None]]

#: Errors of the moment: they say nothing about the operation.
_TRANSIENT = (DatabaseFault, NoConnection, SnapshotLost)

_UNTRACED: AbstractContextManager[None] = nullcontext()


class Made(NamedTuple):
    """An answer that was just made, and the context of its operation, which is closed."""

    answer: Answer
    context: Any
    is_cached: bool = False
    #: Whether a transient error left something out.
    is_incomplete: bool = False


@dataclass(frozen=True)
class Answering:
    """Makes answers to operations against one schema, each in an operation of its own."""

    schema: GraphQLSchema
    open_operation: OpenOperation
    #: For live queries that are evaluated again.
    open_again: OpenOperation
    mask: ErrorMask
    limits: ProductionLimits
    yielding: Yielding
    admission: Admission | None = None
    around: AroundOperation | None = None
    responses: ResponseCache | None = None
    erased: ErasedUsers | None = None

    def production(self) -> Production:
        """The production of an operation, whose time begins now."""
        return Production(self.yielding, self.limits)

    async def answer(
        self, operation: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> Answer:
        record.begin("execute")
        production = self.production()
        async with (
            self.charging(operation, production, viewer, record),
            self.until(production),
        ):
            key = self.key(operation)
            if self.responses is not None and key is not None:
                entry = await self.responses.find(key, viewer, record)
                if entry is not None:
                    if self.erased is not None:
                        await self.erased.check(viewer.id, entry.position)
                    return cached_answer(entry, key, operation, record)
            return (await self.make(operation, viewer, record, production, key)).answer

    def key(self, operation: PreparedOperation) -> OperationKey | None:
        """The key under which the answer may be cached."""
        if self.responses is None or operation.definition.operation is not OperationType.QUERY:
            return None
        return self.responses.key(operation.prepared, operation.request)

    async def make(
        self,
        operation: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        production: Production,
        key: OperationKey | None,
        *,
        again: bool = False,
    ) -> Made:
        """Execute the operation, and cache its answer if that can be.

        A query whose snapshot was lost, or is behind the client's state, is executed once more.
        """
        before = record.oldest_read_at
        try:
            return await self._make_once(operation, viewer, record, production, key, again=again)
        except SnapshotLost as lost:
            note_lost(record, lost, before)
            production.reset()
        return await self._make_once(
            operation, viewer, record, production, key, again=again, is_last=True
        )

    async def _make_once(
        self,
        operation: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        production: Production,
        key: OperationKey | None,
        *,
        again: bool,
        is_last: bool = False,
    ) -> Made:
        opened = self.open_again if again else self.open_operation
        async with opened(viewer, record) as context:
            executor = OperationExecutor(self.schema, *operation[:3], context, production)
            result = await executor.run()
            if not is_last and operation.definition.operation is OperationType.QUERY:
                raise_lost(result.errors)
                if record.at_least is not None and record.is_behind(context.reads.position):
                    raise SnapshotLost(at_primary=True)
            transient = None
            if operation.live_key is not None and result.errors:
                transient = self._transient_error(result.errors)
                if again and transient is not None:
                    raise transient
            data = await self.data(result, production)
            entry = None
            if not result.errors and data is not None and key is not None:
                assert self.responses is not None  # noqa: S101 - it has made the key
                personal = self.is_personal(operation.prepared)
                entry = self.responses.store(key, viewer, context, data, personal=personal)
            errors = await self.errors(result, production, record)
            production.check()
        # No connection is held now. A mutation checks it itself, before it changes anything.
        if self.erased is not None and operation.definition.operation is OperationType.QUERY:
            await self.erased.check(viewer.id, context.reads.position)
        if entry is not None and key is not None:
            return Made(cached_answer(entry, key, operation, record), context, is_cached=True)
        answer = Answer({**errors, "data": json_data(data), **operation.extensions})
        return Made(marked(context, answer), context, is_incomplete=transient is not None)

    def _transient_error(self, errors: Iterable[GraphQLError]) -> BaseException | None:
        """The first transient error: it says nothing about the operation."""
        for error in errors:
            cause = cause_of(error)
            if isinstance(cause, _TRANSIENT) or self.mask.hides(error):
                return cause
        return None

    def may_be_erased(self, viewer: Viewer) -> bool:
        return (
            self.erased is not None
            and viewer.id is not None
            and self.erased.is_erased(viewer.id) is not False
        )

    def is_personal(self, prepared: PreparedDocument) -> bool:
        return self.admission is not None and self.admission.refuses_some(prepared)

    @asynccontextmanager
    async def charging(
        self,
        operation: PreparedOperation,
        production: Production,
        viewer: Viewer,
        record: RequestRecord,
    ) -> AsyncIterator[None]:
        """Charge what the operation has produced, however it ends."""
        try:
            yield
        finally:
            if self.admission is not None:
                record.cost = await self.admission.charge_excess(
                    operation.cost, production.cost, viewer, record.client
                )

    def within(self, record: RequestRecord) -> AbstractContextManager[None]:
        return _UNTRACED if self.around is None else self.around(record)

    @asynccontextmanager
    async def until(self, production: Production) -> AsyncIterator[None]:
        """Stop the block at the deadline of the operation: OperationTimeout."""
        try:
            async with asyncio.timeout_at(production.deadline) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise OperationTimeout(self.limits.seconds) from None

    async def data(self, result: ExecutionResult, production: Production) -> bytes | None:
        """The data as JSON, if there is any."""
        if result.data is None:
            return None
        return await written(result.data, production.values, production)

    async def errors(
        self, result: ExecutionResult, production: Production, record: RequestRecord
    ) -> dict[str, Any]:
        """The errors of the answer as JSON, noted in the record; empty if there are none."""
        if not result.errors:
            return {}
        errors = await masked(result.errors, self.mask, production)
        record.note_errors(errors)
        values = VALUES_OF_AN_ERROR * len(errors)
        return {"errors": Fragment(await written(errors, values, production))}


def raise_lost(errors: Iterable[GraphQLError] | None) -> None:
    """Raise SnapshotLost if that is the cause of a field's error."""
    for error in errors or ():
        cause = cause_of(error)
        if isinstance(cause, SnapshotLost):
            raise cause


def json_data(data: bytes | None) -> Fragment | None:
    """Data that is JSON already, as a part of an answer."""
    return None if data is None else Fragment(data)


def marked(context: Any, answer: Answer) -> Answer:
    """Mark the answer if the operation of this context has read a secret; return it."""
    answer.has_secret = context.has_secret
    return answer


def cached_answer(
    entry: CacheEntry, key: OperationKey, operation: PreparedOperation, record: RequestRecord
) -> Answer:
    """The answer of a cache entry to this operation."""
    if operation.extensions:
        return Answer(data=Fragment(entry.data), **operation.extensions)
    name, document = record.operation, record.document
    return Answer.cached(entry, AdmittedOperation(key, operation.cost, name, document))
