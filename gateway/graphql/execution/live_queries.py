"""Live queries: admits subscriptions, and evaluates their queries again and again."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack

from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.answering import Answering, cached_answer
from gateway.graphql.execution.basis import Basis, Evaluation
from gateway.graphql.execution.preparation import Preparation, PreparedOperation
from gateway.telemetry.record import RequestRecord

#: In place of the method of a request.
_LIVE = "LIVE"


class LiveQueries:
    """Admits subscriptions, and evaluates the queries that they select."""

    def __init__(self, preparation: Preparation, answering: Answering) -> None:
        self._preparation = preparation
        self._answering = answering

    async def is_subscription(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> bool:
        """Whether the request is for a subscription; False if its document is invalid."""
        return await self._preparation.is_subscription(request, viewer, record)

    async def charge_refused(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> None:
        """Charge for a subscription that was parsed and gets no slot."""
        await self._preparation.charge_refused(request, viewer, record)

    async def open(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> PreparedOperation | Answer:
        """Open a subscription: its query, charged once, or the errors that refuse it.

        Raises as ``Executor.execute`` does.
        """
        with self._answering.within(record):
            operation = await self._preparation.prepare(
                request, viewer, (OperationType.SUBSCRIPTION,), record
            )
        record.begin("execute")
        return operation

    def cached(
        self, operation: PreparedOperation, viewer: Viewer, record: RequestRecord
    ) -> Evaluation | None:
        """The cached answer of a live query; let the change feed catch up just before."""
        key, responses = self._answering.key(operation), self._answering.responses
        entry = None
        if responses is not None and key is not None and not record.at_primary:
            entry = responses.peek(key, viewer)
        if entry is None or key is None or record.is_behind(entry.position):
            return None
        if self._answering.may_be_erased(viewer):
            return None
        record.read(entry.position)
        answer = cached_answer(entry, key, operation, record)
        return Evaluation(answer, Basis(entry.entities, entry.position))

    async def warm(self, operation: PreparedOperation, viewers: Collection[Viewer]) -> None:
        """Warm the permissions of these viewers, by which ``cached`` finds their answers.

        At most one statement, with the connections of live answers. Then let the feed catch up.
        """
        key, responses = self._answering.key(operation), self._answering.responses
        if responses is not None and key is not None:
            async with self._answering.open_again(ANONYMOUS, RequestRecord("", _LIVE)) as context:
                await responses.warm(key, viewers, context.snapshot)

    async def evaluate(
        self,
        operation: PreparedOperation,
        viewer: Viewer,
        record: RequestRecord,
        *,
        again: bool = False,
    ) -> Evaluation:
        """Execute a live query.

        What it has produced beyond its cost is charged, but not ``again``: then it reads with the
        connections of live answers, and raises a transient error of a field.
        """
        answering = self._answering
        with answering.within(record):
            production = answering.production()
            async with AsyncExitStack() as stack:
                if not again:
                    charging = answering.charging(operation, production, viewer, record)
                    await stack.enter_async_context(charging)
                await stack.enter_async_context(answering.until(production))
                made = await answering.make(
                    operation, viewer, record, production, answering.key(operation), again=again
                )
            context = made.context
            personal = context.permissions.personal or answering.is_personal(operation.prepared)
            basis = Basis.of(context.reads, is_complete=not made.is_incomplete)
            return Evaluation(made.answer, basis, made.is_cached and personal)
