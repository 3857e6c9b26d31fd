"""Payloads of ``@defer`` and ``@stream``: writes the first and each that follows as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from graphql import ExperimentalIncrementalExecutionResults, GraphQLError
from graphql.execution.types import CompletedResult, IncrementalResult, PendingResult
from orjson import Fragment

from gateway.graphql.execution.production import VALUES_OF_AN_ERROR, WORK_OF_A_CALL, Production
from gateway.graphql.execution.writing import masked, written
from gateway.graphql.masking import ErrorMask, FormattedError
from gateway.telemetry.record import RequestRecord

Payload = dict[str, Any]
R = TypeVar("R")

#: A result that is pending, has come or is completed: its id, its path and its label.
_VALUES_OF_A_RESULT = 10


class Payloads:
    """The pieces of one answer, their errors masked, written as JSON, yielding to the event loop.

    AnswerTooLarge once all of them together are beyond the operation's limit of bytes, and
    whatever else ends the operation.
    """

    def __init__(
        self,
        results: ExperimentalIncrementalExecutionResults,
        mask: ErrorMask,
        production: Production,
        record: RequestRecord,
    ) -> None:
        self._initial = results.initial_result
        self._subsequent = results.subsequent_results
        self._mask = mask
        self._production = production
        self._record = record
        #: Ids that were announced as pending.
        self._pending: set[str] = set()
        self._bytes = 0
        self.has_next = True

    async def first(self) -> Payload:
        """The first payload: the initial result."""
        initial = self._initial
        payload: Payload = {}
        if initial.errors:
            payload["errors"] = await self._errors(initial.errors)
        payload["data"] = initial.data
        return await self._written(payload, initial.pending, (), (), has_next=initial.has_next)

    async def following(self) -> Payload:
        """Wait for the next payload."""
        result = await anext(self._subsequent)
        parts, ended = result.incremental or (), result.completed or ()
        payload: Payload = {}
        if parts:
            payload["incremental"] = await self._each(parts, self._masked)
        if ended:
            payload["completed"] = await self._each(ended, self._masked)
        pending = result.pending or ()
        return await self._written(payload, pending, parts, ended, has_next=result.has_next)

    async def failed(self, error: FormattedError) -> Payload:
        """End all pending results with an error; nothing limits it but their number."""
        self.has_next = False
        self._record.note_errors([error])
        ended = [{"id": id_, "errors": [error]} for id_ in sorted(self._pending)]
        values = (VALUES_OF_AN_ERROR + _VALUES_OF_A_RESULT) * len(ended)
        text = await written(ended, values, Production(self._production.yielding))
        return {"completed": Fragment(text), "hasNext": False}

    async def aclose(self) -> None:
        """Stop the work on pending results."""
        await self._subsequent.aclose()

    async def _written(
        self,
        payload: Payload,
        pending: Sequence[PendingResult],
        parts: Sequence[IncrementalResult],
        ended: Sequence[CompletedResult],
        *,
        has_next: bool,
    ) -> Payload:
        """Write the payload; what it announces is pending from then on, not before."""
        if pending:
            payload["pending"] = await self._each(pending, _announced)
        # At most: some of what was produced may come later, or has come.
        results = len(pending) + len(parts) + len(ended)
        values = self._production.values + _VALUES_OF_A_RESULT * results
        texts: Payload = {}
        for name, content in payload.items():
            text = await written(content, values, self._production, before=self._bytes)
            self._bytes += len(text)
            texts[name] = Fragment(text)
        self._production.check()
        self._pending.update(one.id for one in pending)
        self._pending.difference_update(one.id for one in ended)
        self.has_next = texts["hasNext"] = has_next
        return texts

    async def _each(
        self, results: Sequence[R], form: Callable[[R], Awaitable[Payload]]
    ) -> list[Payload]:
        formed = []
        for result in results:
            formed.append(await form(result))
            self._production.work(WORK_OF_A_CALL)
            await self._production.yield_if_due()
        return formed

    async def _masked(self, result: IncrementalResult | CompletedResult) -> Payload:
        # graphql-core would form the errors too, all of them in one go.
        errors, result.errors = result.errors, None
        formed: Payload = {**result.formatted}
        if errors:
            formed["errors"] = await self._errors(errors)
        return formed

    async def _errors(self, errors: Sequence[GraphQLError]) -> list[FormattedError]:
        self._production.add(0, VALUES_OF_AN_ERROR * len(errors))
        formatted = await masked(errors, self._mask, self._production)
        self._record.note_errors(formatted)
        return formatted


async def _announced(pending: PendingResult) -> Payload:
    return {**pending.formatted}
