"""Live response: sends each answer of a subscription when it comes, until the stream ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import uniform

import orjson
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import GatewayError, Unavailable
from gateway.graphql.live.ends import ServerStopping
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.masking import ErrorMask
from gateway.http.connection import send_within, while_connected
from gateway.http.stream_form import STREAM_HEADERS, StreamForm
from gateway.telemetry.record import RequestRecord, Result

#: Seconds after which clients reconnect if the error has none: not all of them at once.
_COME_BACK = (1.0, 5.0)


@dataclass(frozen=True)
class StreamTimes:
    """A heartbeat follows ``heartbeat_seconds`` of silence; each frame has ``send_seconds``."""

    heartbeat_seconds: float
    send_seconds: float


class LiveResponse:
    """Sends the frames of a stream, and always closes it at the end.

    It ends if the client disconnects, or takes too long for a frame.
    """

    def __init__(
        self,
        stream: LiveStream,
        form: StreamForm,
        times: StreamTimes,
        mask: ErrorMask,
        record: RequestRecord,
    ) -> None:
        self._stream = stream
        self._form = form
        self._times = times
        self._mask = mask
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(self._start())
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            await while_connected(receive, self._send_all(scope, send))
        finally:
            self._stream.close()

    def _start(self) -> Message:
        headers = {**STREAM_HEADERS, "Content-Type": self._form.media}
        encoded = [(name.lower().encode(), one.encode()) for name, one in headers.items()]
        return {"type": "http.response.start", "status": 200, "headers": encoded}

    async def _send_all(self, scope: Scope, send: Send) -> None:
        more = await self._send_next(scope, send, self._form.beginning)
        # The head is sent: the middleware has recorded it.
        self._record.opened()
        while more:
            more = await self._send_next(scope, send)

    async def _send_next(self, scope: Scope, send: Send, before: bytes = b"") -> bool:
        """Send the next chunk, and keep no reference to it; whether more follows."""
        chunk, more = await self._following()
        message = {"type": "http.response.body", "body": before + chunk, "more_body": more}
        await send_within(self._times.send_seconds, scope, send, message)
        return more

    async def _following(self) -> tuple[bytes, bool]:
        """The next chunk, and whether more follows."""
        limit = asyncio.timeout(self._times.heartbeat_seconds)
        try:
            async with limit:
                frame = await anext(self._stream)
        except StopAsyncIteration:
            return self._form.completed(None), False
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                return self._form.heartbeat, True
            return self._end(error), False
        self._record.frames += 1
        return self._form.frame(frame), True

    def _end(self, error: Exception) -> bytes:
        """The last chunk, with the error that ends the stream."""
        if not isinstance(error, GatewayError):
            self._record.result = Result.FAILED
        formatted = self._mask.unexpected(error)
        self._record.note_error(formatted["extensions"]["code"], error)
        errors = orjson.dumps([formatted])
        if isinstance(error, Unavailable):
            seconds = uniform(*_COME_BACK)  # noqa: S311 - it only has to be spread
            if isinstance(error, ServerStopping):
                seconds = error.retry_after_seconds
            return self._form.interrupted(errors, seconds)
        return self._form.completed(errors)
