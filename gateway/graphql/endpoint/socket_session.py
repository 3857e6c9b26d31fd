"""Socket session: handles the messages of one WebSocket, from the first to the last."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive, Scope, Send

from gateway.auth.credentials import sent_credential
from gateway.auth.unverified import Unverified, Wrong
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.endpoint.identify import credentials_of
from gateway.graphql.endpoint.socket_messages import (
    ACKNOWLEDGED,
    PONG,
    ClientMessage,
    CloseCode,
    Kind,
    credentials_in,
    read_message,
)
from gateway.graphql.endpoint.socket_operation import Credentials, SocketOperations
from gateway.graphql.endpoint.socket_running import STOPPING, RunningOperations, SocketLimits
from gateway.http.recording import Recording
from gateway.http.refusals import BadRequest
from gateway.http.websocket_events import STOPPING as SERVER_STOPS
from gateway.http.websocket_events import close, occupied
from gateway.telemetry.record import RequestRecord

#: Timeout of the client's connection_init.
_INIT_SECONDS = 3


class _Closed(Exception):
    """The socket has to be closed, because of a message or an error."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Disconnected(Exception):
    """The socket is closed."""


class _Stopping(Exception):
    """The server stops."""


class SocketSession:
    """Session of a socket whose handshake is done; ``record`` is that of the socket itself."""

    def __init__(
        self,
        operations: SocketOperations,
        limits: SocketLimits,
        record: RequestRecord,
        recording: Recording,
        receive: Receive,
        send: Send,
    ) -> None:
        self._receive = receive
        self._send = send
        self._operations = operations
        self._record = record
        self._credentials: Credentials = ()
        self._running = RunningOperations(
            operations, limits, record, recording, send, self._send_message, self._close
        )

    async def run(self, scope: Scope) -> None:
        """Handle messages until the socket is closed, then cancel its operations."""
        try:
            with suppress(_Disconnected, ConnectionError):
                await self._talk(scope)
        finally:
            await self._running.stop()

    async def _talk(self, scope: Scope) -> None:
        try:
            await self._initialise(scope)
            while True:
                await self._take(await self._next())
        except _Closed as closed:
            await self._close(closed.code, closed.reason)
        except _Stopping:
            await self._running.end(CloseCode.STOPPING, STOPPING)

    async def _initialise(self, scope: Scope) -> None:
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                message = await self._init_message()
        except TimeoutError:
            raise _Closed(CloseCode.INITIALISED_LATE, "Connection initialisation timeout") from None
        try:
            self._credentials = _chosen(credentials_of(scope), credentials_in(message.payload))
            viewer = await self._operations.identify(self._credentials)
        except BadRequest as error:
            raise _Closed(CloseCode.BAD_MESSAGE, error.message) from None
        except Unauthenticated as error:
            self._record.note_error(error.code, error)
            raise _Closed(CloseCode.FORBIDDEN, error.message) from None
        except Unavailable as error:
            self._record.note_error(error.code)
            raise _Closed(CloseCode.TRY_AGAIN_LATER, error.message) from None
        except Exception as error:
            masked = self._operations.mask.unexpected(error)
            self._record.note_error(masked["extensions"]["code"])
            raise _Closed(CloseCode.FAILED, "Something went wrong in the gateway.") from None
        self._record.viewer = viewer.kind
        await self._send_message(ACKNOWLEDGED)
        await self._send(occupied(False))

    async def _init_message(self) -> ClientMessage:
        while True:
            message = await self._next()
            if message.kind is Kind.INIT:
                return message
            if message.kind is Kind.SUBSCRIBE:
                raise _Closed(CloseCode.NOT_ACKNOWLEDGED, "Unauthorized")
            await self._answer_ping(message)

    async def _next(self) -> ClientMessage:
        """The next message; raises what ends the session instead."""
        event = await self._receive()
        if event["type"] == SERVER_STOPS:
            raise _Stopping
        if event["type"] == "websocket.disconnect":
            self._record.close_code = event["code"]
            raise _Disconnected
        text = event.get("text")
        if text is None:
            raise _Closed(CloseCode.BAD_MESSAGE, "Messages are text, not binary.")
        try:
            return read_message(text)
        except BadRequest as error:
            raise _Closed(CloseCode.BAD_MESSAGE, error.message) from None

    async def _take(self, message: ClientMessage) -> None:
        if message.kind is Kind.INIT:
            raise _Closed(CloseCode.INITIALISED_TWICE, "Too many initialisation requests")
        if message.kind is Kind.SUBSCRIBE:
            if self._running.has(message.id):
                raise _Closed(CloseCode.ID_IN_USE, f"Subscriber for {message.id} already exists")
            await self._running.begin(message, self._credentials)
        elif message.kind is Kind.COMPLETE:
            await self._running.complete(message.id)
        else:
            await self._answer_ping(message)

    async def _answer_ping(self, message: ClientMessage) -> None:
        if message.kind is Kind.PING:
            await self._send_message(PONG)

    async def _send_message(self, text: str) -> None:
        self._record.frames += 1
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: CloseCode, reason: str) -> None:
        self._record.close_code = code
        await self._send(close(code, reason))


def _chosen(in_head: Credentials, in_parameters: Credentials) -> Credentials:
    """The credentials of the parameters, if there are any; Unverified if the head has others."""
    if not in_parameters:
        return in_head
    if in_head and sent_credential(in_head) != sent_credential(in_parameters):
        raise Unverified(Wrong.SEVERAL)
    return in_parameters
