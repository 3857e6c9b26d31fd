"""HTTP/1.1 protocol: limits on bytes and on time, and errors in the shapes of the API.

Uvicorn by itself answers errors in plain text, reads a request line and headers of any length, and
waits for slow clients for ever.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from weakref import ref

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.errors import GatewayError, Unavailable
from gateway.http.close_delimited import CloseDelimited
from gateway.http.connection import DROP
from gateway.http.connections import Closed, Connections
from gateway.http.heads import check_head, head_bytes
from gateway.http.outgoing import Outgoing
from gateway.http.probes import PROBE_PATHS
from gateway.http.refusals import BadRequest, HeadTooLarge, RequestTimeout
from gateway.http.response import refusal_response, response_bytes
from gateway.http.websocket_handshake import Handshake, asks_for_websocket, read_handshake
from gateway.http.websocket_protocol import WebSocketProtocol

#: Key of the Connections in the application's state.
CONNECTIONS = "connections"
#: Chunk framing that is allowed for each byte of a body, beside once the length of a head.
_OVERHEAD_PER_BYTE = 16
#: The most pipelined requests; each takes memory until it is answered.
_MOST_PIPELINED = 100

#: Paths whose clients repeat a request for ever if it is answered 408.
_NEVER_TIMED_OUT = ("/api/user_groups", "/api/memberships")

_NO_REQUEST = BadRequest("The request is not valid HTTP.")
_TOO_MANY_PIPELINED = BadRequest(
    f"This connection has more than {_MOST_PIPELINED} waiting requests."
)
_SENT_EARLY = BadRequest("A WebSocket client waits for the answer to its handshake.")
_NO_SLOT = Unavailable("The server has too many connections: try again in a moment.")
_STATUSES = {
    BadRequest.code: HTTPStatus.BAD_REQUEST,
    RequestTimeout.code: HTTPStatus.REQUEST_TIMEOUT,
    HeadTooLarge.code: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Unavailable.code: HTTPStatus.SERVICE_UNAVAILABLE,
}


class _Reading(Enum):
    #: The next byte begins a request.
    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class Protocol(HttpToolsProtocol):
    """Uvicorn's protocol, with limits on bytes and on time, and errors in both of our shapes."""

    # In uvicorn's instance dictionary they would take five times the memory.
    __slots__ = (
        "_answering",
        "_body",
        "_body_in_window",
        "_chunk",
        "_connections",
        "_extensions",
        "_handshake",
        "_has_slot",
        "_input_closed",
        "_limits",
        "_overhead",
        "_reading",
        "_received",
        "_refusal",
        "_requests_begun",
        "_timer",
    )

    transport: Outgoing

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections: Connections = app_state[CONNECTIONS]
        self._limits = self._connections.limits
        self._has_slot = True
        self._reading = _Reading.NOTHING
        #: Requests that have begun.
        self._requests_begun = 0
        #: Bytes of the head, or since it ended, without those of the body itself.
        self._overhead = 0
        self._body = 0
        self._body_in_window = 0
        #: Bytes of the current read.
        self._chunk = 0
        #: Bytes of all reads since the one in which the head began: an upper bound of its length.
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None
        # Input is ignored; a refusal is written after the answers under way.
        self._input_closed = False
        self._refusal: GatewayError | None = None
        self._answering: RequestResponseCycle | None = None
        self._handshake: Handshake | None = None
        self._extensions: dict[str, dict[object, object]] = {DROP: {"drop": _dropping(ref(self))}}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(
            Outgoing(
                transport,
                self.loop,
                self._limits,
                partial(self._connections.count, Closed.SLOW_READER),
            )
        )
        self._has_slot = self._connections.enter(self)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._input_closed = True
        self._stop_timer()
        self.transport.stop()
        self._connections.leave(self)
        super().connection_lost(exc)
        # Uvicorn notifies the last request alone, which may wait behind this one.
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def has_flushed(self) -> bool:
        return not self.transport.get_write_buffer_size()

    def evict(self) -> None:
        self._input_closed = True
        self.transport.close()

    # Input

    def data_received(self, data: bytes) -> None:
        if self._is_input_closed():
            return
        self._unset_keepalive_if_required()
        before, begun, body = self._reading, self._requests_begun, self._body
        self._chunk = len(data)
        self._received += self._chunk
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._handshake is not None:
                self._open_websocket(self._handshake, has_more=upgrade.args[0] < len(data))
                return
            # The request is answered without an upgrade, and then the connection is closed.
            self._input_closed = True
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(self._refusal or _NO_REQUEST)
            return
        if self._reading is _Reading.NOTHING:
            if self._requests_begun == begun and before is _Reading.NOTHING:
                self._start_timer()  # blank lines, which the parser skips
            return
        if self._requests_begun == begun and self._reading is before:
            self._overhead += len(data) - (self._body - body)
            self._body_in_window += len(data)
        elif before is _Reading.NOTHING and self._requests_begun == begun + 1:
            self._overhead = len(data) - self._body
        if self._overhead > self._limits.head_bytes + self._body * _OVERHEAD_PER_BYTE:
            self._refuse(HeadTooLarge(self._limits.head_bytes, "bytes"))
        else:
            self._start_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = _Reading.HEAD
        self._requests_begun += 1
        self._received = self._chunk
        self._overhead = self._body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading is _Reading.BODY:
            # Trailers are ignored.
            return
        # A copy of uvicorn's code: a call for each line takes longer than the code itself.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        if len(self.headers) > self._limits.header_lines:
            self._refuse_head(HeadTooLarge(self._limits.header_lines, "header lines"))

    def on_headers_complete(self) -> None:
        self._check_length()
        try:
            check_head(self.parser.get_http_version(), self.headers)
        except BadRequest as error:
            self._refuse_head(error)
        if not self._has_slot and self.url.partition(b"?")[0] not in PROBE_PATHS:
            self._connections.count(Closed.NO_SLOT)
            self._refuse_head(_NO_SLOT)
        if len(self.pipeline) >= _MOST_PIPELINED:
            self._refuse_head(_TOO_MANY_PIPELINED)
        self._read_handshake()
        super().on_headers_complete()
        if self._handshake is None:
            self.cycle.keep_alive = self.cycle.keep_alive and self._has_slot
        self._connections.work(self)
        self._stop_timer()
        self._reading = _Reading.BODY
        self._overhead = 0

    def _check_length(self) -> None:
        limit = self._limits.head_bytes
        # Most heads are far below it; the length as counted may exceed that received.
        if self._received <= limit // 2:
            return
        if head_bytes(self.parser.get_method(), self.url, self.headers) > limit:
            self._refuse_head(HeadTooLarge(limit, "bytes"))

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._reading = _Reading.NOTHING
        super().on_message_complete()

    # Upgrade to WebSocket

    def _read_handshake(self) -> None:
        """Read the handshake of an upgrade, unless requests before it are not answered yet."""
        if not self.parser.should_upgrade() or self._is_answering() or not self._has_slot:
            return
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if not asks_for_websocket(method, version, self.headers):
            return
        try:
            self._handshake = read_handshake(self.headers)
        except BadRequest as error:
            self._refuse_head(error)
        url = httptools.parse_url(self.url)
        path = urllib.parse.unquote(url.path.decode("ascii"))
        self.scope["path"] = self.root_path + path
        self.scope["raw_path"] = self.root_path.encode("ascii") + url.path
        self.scope["query_string"] = url.query or b""

    def _should_upgrade(self) -> bool:
        return self._handshake is not None

    def _open_websocket(self, handshake: Handshake, *, has_more: bool) -> None:
        """Switch the connection to WebSocket; it keeps its slot."""
        if has_more:
            self._refuse(_SENT_EARLY)
            return
        self._input_closed = True
        self._stop_timer()
        self.connections.discard(self)
        websocket = WebSocketProtocol(
            self.scope, handshake, self.transport, self._connections, self.server_state, self.loop
        )
        self.transport.set_protocol(websocket)
        websocket.begin(self.app)

    # Output

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        self.transport.begin_answer()
        cycle.scope["extensions"] = self._extensions
        if cycle.scope["http_version"] == "1.0":
            # Starlette and uvicorn each have types of their own for ASGI.
            app = cast("Any", CloseDelimited(cast("Any", app), cycle))
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self._is_answering():
            return
        self._connections.wait(self)
        if self._refusal is not None:
            self._write_error(self._refusal)
        elif self._reading is _Reading.BODY and self.expect_100_continue and not self._body:
            # The client may send the body or another request: 100 Continue was never sent.
            self.transport.close()
        elif self._reading is not _Reading.NOTHING:
            self._unset_keepalive_if_required()
            self._stop_timer()
            self._start_timer()

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _is_input_closed(self) -> bool:
        """Whether input is ignored, as after the last answer of a connection.

        RFC 9112, 9.6. A stream may last for days, and pipelined requests would wait as long.
        """
        answering = self._answering
        if (
            answering is not None
            and answering.response_started
            and not answering.keep_alive
            and (self._reading is not _Reading.BODY or self.cycle is not answering)
        ):
            self._input_closed = True
            self._stop_timer()
        return self._input_closed

    def drop_reader(self) -> None:
        """Abort the connection of a client that does not read its answer."""
        self._connections.count(Closed.SLOW_READER)
        if self._answering is not None:
            # Set now, so that an application that ends is not logged as failed.
            self._answering.disconnected = True
        self.transport.abort()

    def _refuse_head(self, error: GatewayError) -> None:
        """Refuse the request and stop the parser, in one of its callbacks."""
        self._refusal = error
        raise error

    def _refuse(self, error: GatewayError) -> None:
        """Stop reading, answer with the error if a request waits for an answer, and close."""
        self._input_closed = True
        self._stop_timer()
        if not self._is_answering():
            if self._reading is _Reading.BODY:
                self.transport.close()  # its request is answered already
            else:
                self._write_error(error)
        elif self._reading is not _Reading.BODY:
            self._refusal = error
        elif self.pipeline or self.cycle.response_started:
            self.transport.close()
        else:
            self._write_error(error)

    def _write_error(self, error: GatewayError) -> None:
        status = _STATUSES[error.code]
        response = refusal_response(error, status)
        response.headers["Connection"] = "close"
        self.transport.write(response_bytes(status, response.raw_headers, bytes(response.body)))
        self.transport.close()

    # Timeouts

    def _start_timer(self) -> None:
        """Start the timeout for the rest of a head or a body."""
        if self._timer is not None or self._input_closed:
            return
        if self._reading is _Reading.BODY:
            self._body_in_window = 0
            self.transport.was_paused = self.flow.read_paused
            self._set_timer(self._limits.stall_seconds, self._body_window_ended)
        elif not self._is_answering():
            self._set_timer(self._limits.head_seconds, self._head_is_late)

    def _set_timer(self, seconds: float, late: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        self._connections.count(Closed.SLOW_HEAD)
        if self._requests_begun:
            self._refuse(
                RequestTimeout(
                    f"The request's headers did not arrive within {self._limits.head_seconds:g} "
                    "seconds."
                )
            )
        else:
            self.transport.close()

    def _body_window_ended(self) -> None:
        self._timer = None
        # A client that had to wait is not late.
        was_paused = self.transport.was_paused or self.cycle.waiting_for_100_continue
        if self.cycle.response_complete:
            # It is answered already: the rest of the body is useless.
            self._connections.count(Closed.SLOW_BODY)
            self.transport.close()
        elif was_paused or self._body_in_window >= self._limits.stall_bytes:
            self._start_timer()
        else:
            self._connections.count(Closed.SLOW_BODY)
            never = self.scope["path"].startswith(_NEVER_TIMED_OUT)
            self._refuse(
                (BadRequest if never else RequestTimeout)(
                    f"The request's body arrived at less than {self._limits.bytes_per_second:,} "
                    "bytes per second."
                )
            )


def _dropping(protocol: ref[Protocol]) -> Callable[[], None]:
    """Build a function that drops the client, without a strong reference to the protocol."""

    def drop() -> None:
        found = protocol()
        if found is not None and not found.transport.is_closing():
            found.drop_reader()

    return drop
