"""Repeated requests: answered from the response cache without being read again.

Each is authenticated, charged, limited and recorded as any other, and gets the headers of its own
response; only what leads from its bytes to the cache entry is remembered.
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
    """An ASGI application around the one that answers ``path`` by the endpoint.

    ``compressed`` is put around what is no cache entry, which has a compressed form of its own.
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
        except Exception:  # the endpoint says so, in the media type that the client accepts
            await self._app(scope, receive, send)
            return
        body = b""
        if scope["method"] == "POST":
            sent, receive = await _read(receive)
            if sent is None:
                await self._app(scope, receive, send)
                return
            body = sent
        request = MemoizedRequest(self._memos, viewer, digest_of(scope, body))
        memo = self._memos.get(viewer, request.digest)
        response = None if memo is None else await self._repeat(memo, viewer, record_of(scope))
        if response is None:
            attach(request, scope)
            await self._app(scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _repeat(self, memo: Memo, viewer: Viewer, record: RequestRecord) -> ASGIApp | None:
        """The response, if all of it is in the cache and holds."""
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
            return await self._response(memo, found, viewer, record)
        except Exception as error:
            record.end()
            told = self._mask.unexpected(error)
            record.note_error(told["extensions"]["code"], error)
            response = refused(told, error, memo.conditions.media)
            record.result = Result.FAILED if response.status_code >= 500 else Result.REFUSED
            return self._compressed(response)

    async def _response(
        self,
        memo: Memo,
        found: Sequence[tuple[AdmittedOperation, CacheEntry]],
        viewer: Viewer,
        record: RequestRecord,
    ) -> ASGIApp:
        response: ASGIApp
        if memo.is_batch:

            def answering(admitted: AdmittedOperation, entry: CacheEntry) -> AnswerOne:
                async def answer() -> Answer:
                    await self._executor.charge_again(admitted, viewer, record)
                    return Answer.cached(entry, admitted)

                return answer

            _, texts = await answer_batch(
                [answering(*one) for one in found], self._batch_bytes, self._mask, record
            )
            record.begin("serialise")
            response = self._compressed(answered_each(texts, memo.conditions.media))
        else:
            ((admitted, entry),) = found
            await self._executor.charge_again(admitted, viewer, record)
            record.result = Result.OK
            record.begin("serialise")
            response = await cached(entry, memo.conditions)
        record.end()
        return response


async def _read(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body, None if it is too long or does not come, and what receives all of it once more."""
    messages = [await receive()]
    body: bytes = messages[0].get("body", b"")
    while messages[-1].get("more_body") and len(body) <= _LONGEST_BODY:
        messages.append(await receive())
        body += messages[-1].get("body", b"")
    is_whole = messages[-1]["type"] == "http.request" and len(body) <= _LONGEST_BODY

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return (body if is_whole else None), again
