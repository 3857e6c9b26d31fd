"""Socket operations: executes an operation once, or streams the answers of a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.errors import Forbidden
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.endpoint.batch import note_answers
from gateway.graphql.endpoint.identify import IdentifyViewer
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.executor import Executor
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.masking import ErrorMask, FormattedError
from gateway.graphql.refusals import OperationTypeRefused
from gateway.http.consistent_reads import (
    CONSISTENCY_EXTENSION,
    EVENTUAL,
    TOKEN_EXTENSION,
    ConsistentReads,
)
from gateway.http.seen import Seen
from gateway.json_bytes import json_bytes
from gateway.telemetry.record import RequestRecord, Result

#: Header lines that carry a credential.
Credentials = Sequence[tuple[str, str]]

_READING = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})


class NotExecuted(Exception):
    """The operation has no data, only these errors."""

    def __init__(self, errors: Sequence[FormattedError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class SocketOperations:
    """Answers the operations of all sockets; ``in_parts`` says whether ``@defer`` works."""

    executor: Executor
    live: LiveAnswers
    identify: IdentifyViewer
    mask: ErrorMask
    in_parts: bool
    #: For consistency tokens in the extensions of operations; None ignores them.
    reads: ConsistentReads | None = None

    async def answers(
        self,
        request: GraphQLRequest,
        credentials: Credentials,
        record: RequestRecord,
        on_live: Callable[[], Awaitable[object]],
    ) -> AsyncGenerator[bytes, None]:
        """All answers, as JSON; ``on_live`` is awaited when a subscription becomes live.

        Credentials are verified again for each operation. Raises NotExecuted, whatever
        ``identify`` and the executor raise, and the reason for which a stream ends.
        """
        viewer = await self.identify(credentials)
        record.viewer = viewer.kind
        seen = await self._seen(request, viewer, record)
        if await self.executor.live.is_subscription(request, viewer, record):
            answers = self._live_answers(request, viewer, credentials, record, on_live, seen)
        else:
            answers = self._executed(request, viewer, record, seen)
        # A live operation may last for days, and holds nothing of its request.
        del request
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def _seen(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> Seen | None:
        tokens = (request.extensions or {}).get(TOKEN_EXTENSION)
        if self.reads is None or not isinstance(tokens, str):
            return None
        return await self.reads.route(tokens, viewer, record)

    async def _live_answers(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        credentials: Credentials,
        record: RequestRecord,
        on_live: Callable[[], Awaitable[object]],
        seen: Seen | None,
    ) -> AsyncGenerator[bytes, None]:
        extensions_at = (
            None if self.reads is None or seen is None else await self.reads.state_extensions(seen)
        )
        stream = await self.live.open(request, viewer, credentials, record)
        del request
        if isinstance(stream, Answer):
            raise NotExecuted(stream["errors"])
        stream.extensions_at = extensions_at
        try:
            await on_live()
            record.result = Result.OK
            record.opened()
            async for frame in stream:
                record.frames += 1
                yield frame
        finally:
            stream.close()

    async def _executed(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord, seen: Seen | None
    ) -> AsyncGenerator[bytes, None]:
        arguments = (request, viewer, _READING if viewer.only_reads else _ALL, record)
        try:
            if not self.in_parts:
                answer = await self.executor.execute(*arguments)
                yield _written(await self._with_token(answer, record, seen), record)
                return
            async with aclosing(self.executor.stream(*arguments)) as parts:
                async for part in parts:
                    yield _written(await self._with_token(part, record, seen), record)
        except OperationTypeRefused as error:
            raise Forbidden(f"An API key can only read: it may not send a {error.kind}.") from None

    async def _with_token(self, answer: Answer, record: RequestRecord, seen: Seen | None) -> Answer:
        """The answer with the values of the consistency headers of HTTP as extensions."""
        if self.reads is None or "data" not in answer or not (record.has_written or seen):
            return answer
        extensions = {}
        if (token := await self.reads.token_after(seen, record)) is not None:
            extensions[TOKEN_EXTENSION] = token
        if seen is not None and seen.is_eventual(record):
            extensions[CONSISTENCY_EXTENSION] = EVENTUAL
        return Answer({**answer, "extensions": {**answer.get("extensions", {}), **extensions}})


def _written(answer: Answer, record: RequestRecord) -> bytes:
    if "data" in answer:
        note_answers(record, answer)
    elif "hasNext" not in answer:
        raise NotExecuted(answer["errors"])
    return json_bytes(answer) if answer.entry is None else answer.entry.body
