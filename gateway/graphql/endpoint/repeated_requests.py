"""Repeated requests: answers them from the response cache without parsing them again.

Each is authenticated, charged, limited and recorded as any other, and gets the headers of its own
response; only the look-up of the cache entry by its bytes is memoized.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.auth.viewer import Viewer
from gateway.graphql.endpoint.batch import AnswerOne, answer_batch
from gateway.graphql.endpoint.identify import IdentifyViewer, identified_viewer
from gateway.graphql.endpoint.request_memo import (
    Memo,
    MemoizedRequest,
    RequestMemo,
    attach,
    digest_of,
)
from gateway.graphql.endpoint.response import answered_each, cached, refused
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.telemetry.record import RequestRecord, Result, record_of

#: Longer bodies are read each time.
_LONGEST_BODY = 65_536
_METHODS = frozenset({"GET", "HEAD", "POST"})


class RepeatedRequests:
    """ASGI middleware around the application that answers ``path`` by the endpoint.

    ``compressed`` wraps other responses than cache entries, which have compressed forms.
    """

    def __init__(
        self,
        app: ASGIApp,
        path: str,
        executor: Executor,
        identify: IdentifyViewer,
        mask: ErrorMask,
        memos: RequestMemo,
        compressed: Callable[[ASGIApp], ASGIApp],
        *,
        batch_bytes: float = math.inf,
    ) -> None:
        self._app = app
        self._path = path
        self._executor = executor
        self._identify = identify
        self._mask = mask
        self._memos = memos
        self._compressed = compressed
        self._batch_bytes = batch_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            await self._app(scope, receive, send)
            return
        try:
            viewer = await identified_viewer(scope, self._identify)
        except Exception:  # the endpoint reports it in the accepted media type
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        body: bytes | None = b""
        if scope["method"] == "POST":
            body = await _read(receive, messages)
        if body is not None:
            digest = digest_of(scope, body)
            memo = self._memos.get(viewer, digest)
            if memo is not None:
                response = await self._repeat(memo, viewer, record_of(scope))
                if response is not None:
                    await response(scope, receive, send)
                    return
            attach(MemoizedRequest(self._memos, viewer, digest), scope)
        await self._app(scope, _replaying(messages, receive) if messages else receive, send)

    async def _repeat(self, memo: Memo, viewer: Viewer, record: RequestRecord) -> ASGIApp | None:
        """The response, if all of it is in the cache and valid."""
        record.route = self._path
        record.viewer = viewer.kind
        record.shows_timing = viewer.is_site_admin
        try:
            found = []
            for admitted in memo.operations:
                entry = await self._executor.find(admitted, viewer, record)
                if entry is None:
                    return None
                found.append((admitted, entry))
            if memo.is_batch:
                response = await self._batch(memo, found, viewer, record)
            else:
                ((admitted, entry),) = found
                await self._executor.charge_again(admitted, viewer, record)
                record.result = Result.OK
                record.begin("serialise")
                response = await cached(entry, memo.conditions)
        except Exception as error:
            record.end()
            formatted = self._mask.unexpected(error)
            record.note_error(formatted["extensions"]["code"], error)
            refusal = refused(formatted, error, memo.conditions.media)
            record.result = Result.FAILED if refusal.status_code >= 500 else Result.REFUSED
            return self._compressed(refusal)
        record.end()
        return response

    async def _batch(
        self,
        memo: Memo,
        found: Sequence[tuple[AdmittedOperation, CacheEntry]],
        viewer: Viewer,
        record: RequestRecord,
    ) -> ASGIApp:
        def answering(admitted: AdmittedOperation, entry: CacheEntry) -> AnswerOne:
            async def answer() -> Answer:
                await self._executor.charge_again(admitted, viewer, record)
                return Answer.cached(entry, admitted)

            return answer

        _, texts = await answer_batch(
            [answering(*one) for one in found], self._batch_bytes, self._mask, record
        )
        record.begin("serialise")
        return self._compressed(answered_each(texts, memo.conditions.media))


async def _read(receive: Receive, messages: list[Message]) -> bytes | None:
    """The body, None if it is too long or does not come; ``messages`` takes what was received."""
    message = await receive()
    messages.append(message)
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= _LONGEST_BODY:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
    is_whole = message["type"] == "http.request" and len(body) <= _LONGEST_BODY
    return body if is_whole else None


def _replaying(messages: list[Message], receive: Receive) -> Receive:
    """Receives these messages once more, and then all others."""

    async def receive_replayed() -> Message:
        return messages.pop(0) if messages else await receive()

    return receive_replayed
