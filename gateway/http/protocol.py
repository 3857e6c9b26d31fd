"""How the server reads HTTP: what is no request, is too long or too slow is answered as all else.

Uvicorn answers it in plain text, reads a request line and headers of any length, and waits for
slow clients for ever.
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
from gateway.http.response import refused_anywhere, written
from gateway.http.websocket_handshake import Handshake, asks_for_websocket, read_handshake
from gateway.http.websocket_protocol import WebSocketProtocol

#: Where the application's state has the Connections of its process.
CONNECTIONS = "connections"
#: Of a chunked body: what may surround a byte of it, beside once the length of a head.
_BYTES_AROUND_A_BYTE = 16
#: Requests that a client sends ahead of their answers; each takes memory until its turn.
_MOST_AHEAD = 100

#: Paths whose clients repeat a request that was answered 408, for ever.
_NEVER_TIMED_OUT = ("/api/user_groups", "/api/memberships")

_NO_REQUEST = BadRequest("The request is not valid HTTP.")
_TOO_MANY_AHEAD = BadRequest(f"This connection has more than {_MOST_AHEAD} waiting requests.")
_SENT_AHEAD = BadRequest("A WebSocket client waits for the answer to its handshake.")
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
    """Uvicorn's, with limits on bytes and on time, and errors in both of our shapes."""

    # With these in uvicorn's dictionary it would be five times as large.
    __slots__ = (
        "_answering",
        "_around",
        "_begun",
        "_body",
        "_body_in_window",
        "_came",
        "_chunk",
        "_connections",
        "_deaf",
        "_extensions",
        "_handshake",
        "_has_slot",
        "_limits",
        "_reading",
        "_refusal",
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
        self._begun = 0
        #: What came of the head, or since it ended, without the bytes of the body itself.
        self._around = 0
        self._body = 0
        self._body_in_window = 0
        #: Bytes of what is being read.
        self._chunk = 0
        #: Bytes of all that was read since the head began, its first read whole: the head has no
        #: more than these.
        self._came = 0
        self._timer: asyncio.TimerHandle | None = None
        # Nothing is read any more; what was refused is told after the answers under way.
        self._deaf = False
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
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self._unwatch()
        self.transport.stop()
        self._connections.leave(self)
        super().connection_lost(exc)
        # Uvicorn tells the last request alone, which may stand behind this one.
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def has_taken_all(self) -> bool:
        return not self.transport.get_write_buffer_size()

    def give_way(self) -> None:
        self._deaf = True
        self.transport.close()

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._is_deaf():
            return
        self._unset_keepalive_if_required()
        before, begun, body = self._reading, self._begun, self._body
        self._chunk = len(data)
        self._came += self._chunk
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._handshake is not None:
                self._open_websocket(self._handshake, has_more=upgrade.args[0] < len(data))
                return
            # It is answered as if it had not asked for another protocol, and then it is over.
            self._deaf = True
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(self._refusal or _NO_REQUEST)
            return
        if self._reading is _Reading.NOTHING:
            if self._begun == begun and before is _Reading.NOTHING:
                self._watch()  # blank lines, which the parser leaves out
            return
        if self._begun == begun and self._reading is before:
            self._around += len(data) - (self._body - body)
            self._body_in_window += len(data)
        elif before is _Reading.NOTHING and self._begun == begun + 1:
            self._around = len(data) - self._body
        if self._around > self._limits.head_bytes + self._body * _BYTES_AROUND_A_BYTE:
            self._refuse(HeadTooLarge(self._limits.head_bytes, "bytes"))
        else:
            self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = _Reading.HEAD
        self._begun += 1
        self._came = self._chunk
        self._around = self._body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading is _Reading.BODY:
            # A trailer: nobody here reads any, and it is no header.
            return
        # As uvicorn does it: a call for each line takes longer than all that is done here.
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
        if len(self.pipeline) >= _MOST_AHEAD:
            self._refuse_head(_TOO_MANY_AHEAD)
        self._read_handshake()
        super().on_headers_complete()
        if self._handshake is None:
            self.cycle.keep_alive = self.cycle.keep_alive and self._has_slot
        self._connections.work(self)
        self._unwatch()
        self._reading = _Reading.BODY
        self._around = 0

    def _check_length(self) -> None:
        limit = self._limits.head_bytes
        # Most are far from it. As it is counted here, a head may be somewhat longer than it came.
        if self._came <= limit // 2:
            return
        if head_bytes(self.parser.get_method(), self.url, self.headers) > limit:
            self._refuse_head(HeadTooLarge(limit, "bytes"))

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unwatch()
        self._reading = _Reading.NOTHING
        super().on_message_complete()

    # Another protocol

    def _read_handshake(self) -> None:
        """Note what the request asks for, unless others are to be answered before it."""
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
        """Let the connection be of the other protocol, which keeps its place."""
        if has_more:
            self._refuse(_SENT_AHEAD)
            return
        self._deaf = True
        self._unwatch()
        self.connections.discard(self)
        websocket = WebSocketProtocol(
            self.scope, handshake, self.transport, self._connections, self.server_state, self.loop
        )
        self.transport.set_protocol(websocket)
        websocket.begin(self.app)

    # What goes

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        self.transport.begin_answer()
        cycle.scope["extensions"] = self._extensions
        if cycle.scope["http_version"] == "1.0":
            # Starlette's types and uvicorn's are of the same things.
            app = cast("Any", CloseDelimited(cast("Any", app), cycle))
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self._is_answering():
            return
        self._connections.wait(self)
        if self._refusal is not None:
            self._tell(self._refusal)
        elif self._reading is _Reading.BODY and self.expect_100_continue and not self._body:
            # Nobody asked for the body, so what comes next may be that or another request.
            self.transport.close()
        elif self._reading is not _Reading.NOTHING:
            self._unset_keepalive_if_required()
            self._unwatch()
            self._watch()

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _is_deaf(self) -> bool:
        """Whether nothing is read any more, as behind an answer that is the connection's last.

        RFC 9112, 9.6. A stream may last for days, and what is sent behind its request would wait.
        """
        answering = self._answering
        if (
            answering is not None
            and answering.response_started
            and not answering.keep_alive
            and (self._reading is not _Reading.BODY or self.cycle is not answering)
        ):
            self._deaf = True
            self._unwatch()
        return self._deaf

    def drop_reader(self) -> None:
        """Close the connection of a client that does not take what it has asked for."""
        self._connections.count(Closed.SLOW_READER)
        if self._answering is not None:
            # Told now, so that an application which ends is not taken for a broken one.
            self._answering.disconnected = True
        self.transport.abort()

    def _refuse_head(self, error: GatewayError) -> None:
        """Stop the parser, in one of its callbacks."""
        self._refusal = error
        raise error

    def _refuse(self, error: GatewayError) -> None:
        """Read no more, say why if there is a request that it can be the answer to, and close."""
        self._deaf = True
        self._unwatch()
        if not self._is_answering():
            if self._reading is _Reading.BODY:
                self.transport.close()  # its request is answered already
            else:
                self._tell(error)
        elif self._reading is not _Reading.BODY:
            self._refusal = error
        elif self.pipeline or self.cycle.response_started:
            self.transport.close()
        else:
            self._tell(error)

    def _tell(self, error: GatewayError) -> None:
        status = _STATUSES[error.code]
        response = refused_anywhere(error, status)
        response.headers["Connection"] = "close"
        self.transport.write(written(status, response.raw_headers, bytes(response.body)))
        self.transport.close()

    # How long it may take

    def _watch(self) -> None:
        """Wait for the rest of a head or a body, but not for ever."""
        if self._timer is not None or self._deaf:
            return
        if self._reading is _Reading.BODY:
            self._body_in_window = 0
            self.transport.held = self.flow.read_paused
            self._wait(self._limits.stall_seconds, self._body_window_ended)
        elif not self._is_answering():
            self._wait(self._limits.head_seconds, self._head_is_late)

    def _wait(self, seconds: float, late: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, late)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        self._connections.count(Closed.SLOW_HEAD)
        if self._begun:
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
        # Nobody is late who was told to wait.
        held = self.transport.held or self.cycle.waiting_for_100_continue
        if self.cycle.response_complete:
            # It is answered, so nobody needs the rest.
            self._connections.count(Closed.SLOW_BODY)
            self.transport.close()
        elif held or self._body_in_window >= self._limits.stall_bytes:
            self._watch()
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
    """Drops the protocol's client; a request that has it holds no protocol."""

    def drop() -> None:
        found = protocol()
        if found is not None and not found.transport.is_closing():
            found.drop_reader()

    return drop
