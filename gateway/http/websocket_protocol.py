"""WebSocket protocol of the server, as ASGI events, from the upgrade to the close.

Uvicorn's own classes bound neither the answers to pings nor the queue of messages, log query
strings, refuse in plain text, and are closed by a stopping server without a last message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from starlette.types import Message
from uvicorn._types import ASGI3Application
from uvicorn.server import ServerState
from websockets.frames import CloseCode

from gateway.http.connections import Closed, Connections
from gateway.http.outgoing import Outgoing
from gateway.http.response import response_bytes, status_response
from gateway.http.websocket_events import EXTENSION, OCCUPIED, STOPPING
from gateway.http.websocket_frames import Frames
from gateway.http.websocket_handshake import Handshake
from gateway.http.websocket_timeouts import WebSocketTimeouts

logger = logging.getLogger(__name__)

#: How long the client has to answer a close frame.
_CLOSE_SECONDS = 5

RawHeaders = Sequence[tuple[bytes, bytes]]


class _State(Enum):
    #: The application has not answered the handshake.
    HANDSHAKE = auto()
    #: The application refuses it, and its response is on its way.
    REFUSED = auto()
    OPEN = auto()
    #: A close frame was sent.
    CLOSING = auto()
    LOST = auto()


class WebSocketProtocol(asyncio.Protocol):
    """One WebSocket, from a valid handshake on; it takes over the slot of its connection.

    Reading is paused while messages wait in the queue, or the write buffer is full.
    """

    def __init__(
        self,
        scope: Mapping[str, Any],
        handshake: Handshake,
        transport: Outgoing,
        connections: Connections,
        server_state: ServerState,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._scope = {
            **{name: value for name, value in scope.items() if name != "method"},
            "type": "websocket",
            "scheme": "wss" if scope["scheme"] == "https" else "ws",
            "subprotocols": list(handshake.subprotocols),
            "extensions": {"websocket.http.response": {}, EXTENSION: {}},
        }
        self._handshake = handshake
        self._transport = transport
        self._connections = connections
        self._limits = connections.limits
        self._server_state = server_state
        self._loop = loop
        self._state = _State.HANDSHAKE
        self._frames = Frames(self._limits.message_bytes)
        self._response: Message = {}
        self._changed = asyncio.Event()
        self._is_stopping = False
        self._sent_stopping = False
        self._sent_connect = False
        self._holds_slot = False
        self._write_lock = asyncio.Lock()
        self._writable = asyncio.Event()
        self._writable.set()
        self._timeouts = WebSocketTimeouts(loop, self._limits, self._ping, self._time_out)
        self._end: asyncio.TimerHandle | None = None

    def begin(self, app: ASGI3Application) -> None:
        """Start the application, which answers the handshake and all messages."""
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        task = self._loop.create_task(self._run(app))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    async def _run(self, app: ASGI3Application) -> None:
        try:
            await app(self._scope, self._receive, self._send)  # type: ignore[arg-type]
        except ConnectionError:
            pass  # the client has gone
        except Exception:
            logger.exception("A WebSocket failed.")
        finally:
            if self._state is _State.HANDSHAKE:
                response = status_response(HTTPStatus.INTERNAL_SERVER_ERROR)
                self._refuse(response.status_code, response.raw_headers, bytes(response.body))
            elif self._state is _State.OPEN:
                # Failed, or cancelled by a stopping server after its timeout.
                code = CloseCode.SERVICE_RESTART if self._is_stopping else CloseCode.INTERNAL_ERROR
                self._close(code, "")

    # Input

    def data_received(self, data: bytes) -> None:
        if self._state is _State.HANDSHAKE:
            self._transport.abort()  # a client waits for the answer to its handshake
            return
        self._timeouts.received(len(data))
        self._frames.feed(data)
        self._read()

    def _read(self) -> None:
        if self._state is _State.LOST:
            return
        was_over = self._frames.is_over
        self._frames.parse()
        self._flush()
        if self._frames.is_over and not was_over:
            self._ended()
        if self._frames.messages or not self._frames.is_open:
            self._changed.set()
        if self._state is _State.OPEN:
            self._timeouts.awaits_rest(self._frames.has_part)
        self._regulate()

    def _ended(self) -> None:
        """Both sides have closed, or the client broke a rule and got a close frame."""
        if self._frames.was_closed_by_client or self._state is _State.CLOSING:
            self._transport.close()
        else:
            # Its input is ignored. Closing at once could lose the close frame.
            self._transport.write_eof()
            self._wait_for_end()
        self._timeouts.end()
        self._state = _State.CLOSING

    def _regulate(self) -> None:
        """Pause reading while the application or the client lags behind."""
        waits = bool(self._frames.messages) or not self._writable.is_set()
        is_paused = waits and self._state is _State.OPEN
        if is_paused is self._timeouts.is_paused or self._transport.is_closing():
            return
        self._timeouts.is_paused = is_paused
        if is_paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    async def _receive(self) -> Message:
        if not self._sent_connect:
            self._sent_connect = True
            return {"type": "websocket.connect"}
        while True:
            if self._state is not _State.OPEN and self._state is not _State.HANDSHAKE:
                return {"type": "websocket.disconnect", "code": self._code()}
            if self._is_stopping and not self._sent_stopping:
                self._sent_stopping = True
                return {"type": STOPPING}
            if self._frames.messages:
                message = self._frames.messages.popleft()
                if not self._frames.messages:
                    # In an iteration of its own, so that one busy client does not block others.
                    self._loop.call_soon(self._read)
                kind = "text" if isinstance(message, str) else "bytes"
                return {"type": "websocket.receive", kind: message}
            self._changed.clear()
            await self._changed.wait()

    def _code(self) -> int:
        refused = self._state is _State.REFUSED
        return CloseCode.ABNORMAL_CLOSURE if refused else self._frames.code

    # Output

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            # One after the other, so that at most one message waits in the write buffer.
            async with self._write_lock:
                await self._writable.wait()
                self._check(_State.OPEN)
                self._frames.write_text(message["text"])
                self._flush()
        elif kind == OCCUPIED:
            self._check(_State.OPEN)
            self._occupy(message["value"])
        elif kind == "websocket.close":
            self._check(_State.OPEN)
            self._close(message["code"], message["reason"])
        elif kind == "websocket.accept":
            self._check(_State.HANDSHAKE)
            self._accept(message)
        elif kind == "websocket.http.response.start":
            self._check(_State.HANDSHAKE)
            self._response = message
        else:
            self._check(_State.HANDSHAKE)
            response = self._response
            self._refuse(response["status"], response["headers"], message["body"])

    def _occupy(self, value: bool) -> None:  # noqa: FBT001 - the value of the message
        """Take a slot for long, or release it; Unavailable if there is none."""
        if value and not self._holds_slot:
            self._connections.hold()
            self._connections.work(self)
        elif not value:
            self._release()
            self._connections.wait(self)
        self._holds_slot = value

    def _release(self) -> None:
        if self._holds_slot:
            self._holds_slot = False
            self._connections.release()

    def _check(self, state: _State) -> None:
        if self._state is not state:
            raise ConnectionResetError("The WebSocket is closed.")

    def _accept(self, message: Message) -> None:
        headers = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", self._handshake.accept.encode()),
            *message["headers"],
        ]
        if message["subprotocol"] is not None:
            headers.append((b"sec-websocket-protocol", message["subprotocol"].encode()))
        self._transport.write(response_bytes(HTTPStatus.SWITCHING_PROTOCOLS, headers))
        self._state = _State.OPEN
        self._timeouts.begin()

    def _refuse(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self._state = _State.REFUSED
        closing = [*headers, (b"connection", b"close")]
        self._transport.write(response_bytes(HTTPStatus(status), closing, body))
        self._transport.close()
        self._changed.set()

    def _close(self, code: int, reason: str) -> None:
        self._state = _State.CLOSING
        self._timeouts.end()
        self._frames.close(code, reason)
        self._flush()
        self._wait_for_end()
        self._regulate()
        self._changed.set()

    def _wait_for_end(self) -> None:
        if self._end is None:
            self._end = self._loop.call_later(_CLOSE_SECONDS, self._transport.close)

    def _flush(self) -> None:
        if data := self._frames.to_write():
            self._transport.write(data)

    def pause_writing(self) -> None:
        self._writable.clear()
        self._timeouts.awaits_reader(True)
        self._regulate()

    def resume_writing(self) -> None:
        self._writable.set()
        self._timeouts.awaits_reader(False)
        self._regulate()

    # End

    def _ping(self) -> None:
        self._frames.write_ping()
        self._flush()

    def _time_out(self, reason: Closed) -> None:
        """A timeout has passed: close or abort the connection."""
        self._connections.count(reason)
        if reason is Closed.SLOW_BODY:
            rate = f"{self._limits.bytes_per_second:,} bytes per second"
            self._close(CloseCode.POLICY_VIOLATION, f"A message arrived at less than {rate}.")
        else:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = _State.LOST
        self._timeouts.end()
        if self._end is not None:
            self._end.cancel()
        self._transport.stop()
        self._release()
        self._connections.leave(self)
        self._server_state.connections.discard(self)
        self._writable.set()
        self._changed.set()

    def shutdown(self) -> None:
        """Uvicorn's signal that the server stops; the application closes when it has finished."""
        self._is_stopping = True
        self._changed.set()

    def has_flushed(self) -> bool:
        return not self._transport.get_write_buffer_size()

    def evict(self) -> None:
        if self._state is _State.OPEN:
            self._close(CloseCode.TRY_AGAIN_LATER, "The server needs the place.")
        self._transport.close()
