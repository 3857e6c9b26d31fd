"""How the server speaks WebSocket on a connection that has asked for it, as ASGI knows it.

Uvicorn's own classes bound neither the answers to pings nor the number of messages that wait, log
query strings, refuse in plain text, and are closed by a stopping server before they can tell.
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
from gateway.http.response import errored, written
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
    ASKED = auto()
    #: The application refuses it, and its response is on its way.
    REFUSED = auto()
    OPEN = auto()
    #: A close frame was sent.
    CLOSING = auto()
    LOST = auto()


class WebSocketProtocol(asyncio.Protocol):
    """One WebSocket, from a valid handshake on; it takes its place among the connections over.

    Nothing more is read while messages wait to be taken, or what was written does.
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
        self._state = _State.ASKED
        self._frames = Frames(self._limits.message_bytes)
        self._response: Message = {}
        self._came = asyncio.Event()
        self._stops = False
        self._told_stopping = False
        self._told_connect = False
        self._holds_slot = False
        self._turn = asyncio.Lock()
        self._writable = asyncio.Event()
        self._writable.set()
        self._timeouts = WebSocketTimeouts(loop, self._limits, self._ping, self._lose)
        self._end: asyncio.TimerHandle | None = None

    def begin(self, app: ASGI3Application) -> None:
        """Let the application answer the handshake, and all that follows."""
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        task = self._loop.create_task(self._run(app))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    async def _run(self, app: ASGI3Application) -> None:
        try:
            await app(self._scope, self._receive, self._send)  # type: ignore[arg-type]
        except ConnectionError:
            pass  # nobody is left to be answered
        except Exception:
            logger.exception("A WebSocket failed.")
        finally:
            if self._state is _State.ASKED:
                response = errored(HTTPStatus.INTERNAL_SERVER_ERROR)
                self._refuse(response.status_code, response.raw_headers, bytes(response.body))
            elif self._state is _State.OPEN:
                # Cancelled by a stopping server that has waited long enough, or failed.
                code = CloseCode.SERVICE_RESTART if self._stops else CloseCode.INTERNAL_ERROR
                self._close(code, "")

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._state is _State.ASKED:
            self._transport.abort()  # a client waits for the answer to its handshake
            return
        self._timeouts.heard(len(data))
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
            self._came.set()
        if self._state is _State.OPEN:
            self._timeouts.awaits_rest(self._frames.has_part)
        self._regulate()

    def _ended(self) -> None:
        """Both sides have closed, or the client broke a rule and was told so."""
        if self._frames.was_closed_by_client or self._state is _State.CLOSING:
            self._transport.close()
        else:
            # What it still sends is not read. Closing at once could lose what it was told.
            self._transport.write_eof()
            self._wait_for_end()
        self._timeouts.end()
        self._state = _State.CLOSING

    def _regulate(self) -> None:
        """Read no more while somebody has to catch up."""
        waits = bool(self._frames.messages) or not self._writable.is_set()
        holds = waits and self._state is _State.OPEN
        if holds is self._timeouts.holds or self._transport.is_closing():
            return
        self._timeouts.holds = holds
        if holds:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    async def _receive(self) -> Message:
        if not self._told_connect:
            self._told_connect = True
            return {"type": "websocket.connect"}
        while True:
            if self._state is not _State.OPEN and self._state is not _State.ASKED:
                return {"type": "websocket.disconnect", "code": self._code()}
            if self._stops and not self._told_stopping:
                self._told_stopping = True
                return {"type": STOPPING}
            if self._frames.messages:
                message = self._frames.messages.popleft()
                if not self._frames.messages:
                    # In a turn of its own: whoever sends without end is not the only one.
                    self._loop.call_soon(self._read)
                kind = "text" if isinstance(message, str) else "bytes"
                return {"type": "websocket.receive", kind: message}
            self._came.clear()
            await self._came.wait()

    def _code(self) -> int:
        refused = self._state is _State.REFUSED
        return CloseCode.ABNORMAL_CLOSURE if refused else self._frames.code

    # What goes

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            # One after the other: what waits to be taken is never more than one message.
            async with self._turn:
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
            self._check(_State.ASKED)
            self._accept(message)
        elif kind == "websocket.http.response.start":
            self._check(_State.ASKED)
            self._response = message
        else:
            self._check(_State.ASKED)
            response = self._response
            self._refuse(response["status"], response["headers"], message["body"])

    def _occupy(self, value: bool) -> None:  # noqa: FBT001 - what is told
        """Take a place for long, or give it back; Unavailable if there is none."""
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
        self._transport.write(written(HTTPStatus.SWITCHING_PROTOCOLS, headers))
        self._state = _State.OPEN
        self._timeouts.begin()

    def _refuse(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self._state = _State.REFUSED
        closing = [*headers, (b"connection", b"close")]
        self._transport.write(written(HTTPStatus(status), closing, body))
        self._transport.close()
        self._came.set()

    def _close(self, code: int, reason: str) -> None:
        self._state = _State.CLOSING
        self._timeouts.end()
        self._frames.close(code, reason)
        self._flush()
        self._wait_for_end()
        self._regulate()
        self._came.set()

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

    # How it ends

    def _ping(self) -> None:
        self._frames.write_ping()
        self._flush()

    def _lose(self, reason: Closed) -> None:
        """The patience is at an end."""
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
        self._came.set()

    def shutdown(self) -> None:
        """The server stops, says Uvicorn; the application closes when it has finished."""
        self._stops = True
        self._came.set()

    def has_taken_all(self) -> bool:
        return not self._transport.get_write_buffer_size()

    def give_way(self) -> None:
        if self._state is _State.OPEN:
            self._close(CloseCode.TRY_AGAIN_LATER, "The server needs the place.")
        self._transport.close()
