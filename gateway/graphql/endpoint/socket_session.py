"""Socket session: what is said on one socket, from the first message to the last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.auth.credentials import sent_credential
from gateway.auth.unverified import Unverified
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.documents.request import read_parameters
from gateway.graphql.endpoint.identify import credentials_of
from gateway.graphql.endpoint.socket_messages import (
    ACKNOWLEDGED,
    PONG,
    ClientMessage,
    CloseCode,
    Kind,
    ServerMessages,
    credentials_in,
    read_message,
)
from gateway.graphql.endpoint.socket_operation import (
    Credentials,
    NotExecuted,
    SocketOperations,
)
from gateway.graphql.endpoint.statuses import EXECUTED, status_of
from gateway.graphql.live.ends import ServerStopping
from gateway.graphql.refusals import TooManyOperations
from gateway.http.media import GRAPHQL
from gateway.http.recording import Recording
from gateway.http.refusals import BadRequest
from gateway.http.websocket_protocol import STOPPING, close, occupied
from gateway.telemetry.record import RequestRecord, Result

#: How long a client may take to say who it is.
_INIT_SECONDS = 3

_STOPPING = "The server is stopping: connect again."


class _Closed(Exception):
    """The socket is to be closed, for what the client has sent or what has become of it."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Gone(Exception):
    """The socket is closed."""


class _Stopping(Exception):
    """The server stops."""


class _Operation:
    """An operation under way; ``is_live`` once it follows what changes."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.says = ServerMessages(id_)
        self.is_live = False
        self.task: asyncio.Task[None] | None = None


class SocketSession:
    """One socket whose handshake is answered; ``record`` is that of the socket itself."""

    def __init__(
        self,
        operations: SocketOperations,
        most: int,
        record: RequestRecord,
        recording: Recording,
        receive: Receive,
        send: Send,
    ) -> None:
        self._receive = receive
        self._send = send
        self._operations = operations
        self._mask = operations.mask
        self._most = most
        self._record = record
        self._recording = recording
        self._credentials: Credentials = ()
        #: By their ids, until their last message.
        self._named: dict[str, _Operation] = {}
        #: Until they are over, also those that nobody wants any more.
        self._under_way: set[_Operation] = set()
        self._is_ending = False

    async def run(self, scope: Scope) -> None:
        """Talk to the client until the socket is closed, and end what is under way then."""
        try:
            with suppress(_Gone, ConnectionError):
                await self._talk(scope)
        finally:
            tasks = self._cancel(self._under_way)
            if tasks:
                await asyncio.wait(tasks)

    async def _talk(self, scope: Scope) -> None:
        try:
            await self._initialise(scope)
            while True:
                await self._take(await self._next())
        except _Closed as closed:
            await self._close(closed.code, closed.reason)
        except _Stopping:
            await self._end(CloseCode.STOPPING, _STOPPING)

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
            raise _Closed(CloseCode.FORBIDDEN, error.message) from None
        except Unavailable as error:
            raise _Closed(CloseCode.TRY_AGAIN_LATER, error.message) from None
        except Exception as error:
            self._mask.unexpected(error)
            raise _Closed(CloseCode.FAILED, "Something went wrong in the gateway.") from None
        self._record.viewer = viewer.kind
        await self._say(ACKNOWLEDGED)
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
        if event["type"] == STOPPING:
            raise _Stopping
        if event["type"] == "websocket.disconnect":
            self._record.close_code = event["code"]
            raise _Gone
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
            await self._begin(message)
        elif message.kind is Kind.COMPLETE:
            operation = self._named.pop(message.id, None)
            if operation is not None:
                self._cancel([operation])
        else:
            await self._answer_ping(message)

    async def _answer_ping(self, message: ClientMessage) -> None:
        if message.kind is Kind.PING:
            await self._say(PONG)

    # Operations

    async def _begin(self, message: ClientMessage) -> None:
        if message.id in self._named:
            raise _Closed(CloseCode.ID_IN_USE, f"Subscriber for {message.id} already exists")
        if self._is_ending:
            return
        operation = _Operation(message.id)
        number = len(self._under_way)
        if number >= self._most:
            error = self._mask.unexpected(TooManyOperations(self._most))
            await self._say(operation.says.error([error]))
            return
        if not number:
            await self._send(occupied(True))
        self._named[message.id] = operation
        self._under_way.add(operation)
        operation.task = asyncio.create_task(self._run(operation, message.payload or {}))

    async def _run(self, operation: _Operation, payload: dict[str, Any]) -> None:
        record = RequestRecord(self._record.request_id, self._record.method)
        record.route, record.client = self._record.route, self._record.client
        try:
            with suppress(ConnectionError):
                with self._recording(record):
                    end = await self._answer(operation, payload, record)
                if end is not None:
                    await self._end(*end, by=operation)
        finally:
            self._under_way.discard(operation)
            if self._named.get(operation.id) is operation:
                del self._named[operation.id]
            if not self._under_way:
                with suppress(ConnectionError):
                    await self._send(occupied(False))

    async def _answer(
        self, operation: _Operation, payload: dict[str, Any], record: RequestRecord
    ) -> tuple[CloseCode, str, Unauthenticated | None] | None:
        """Tell all answers and the end; how to close the socket, if it is over with it."""
        try:
            answers = self._operations.answers(
                read_parameters(payload),
                self._credentials,
                record,
                partial(self._follow, operation),
            )
            async with aclosing(answers):
                async for answer in answers:
                    record.status = EXECUTED.graphql
                    await self._say(operation.says.next(answer))
            last = operation.says.complete()
        except ConnectionError:
            raise
        except ServerStopping:
            return CloseCode.STOPPING, _STOPPING, None
        except Unauthenticated as error:
            self._note(record, error.code)
            return CloseCode.FORBIDDEN, error.message, error
        except NotExecuted as error:
            self._note(record, error.errors[0]["extensions"]["code"])
            last = operation.says.error(error.errors)
        except Exception as error:
            formatted = self._mask.unexpected(error)
            self._note(record, formatted["extensions"]["code"])
            last = operation.says.error([formatted])
        record.end()
        # From now on the client may use the id again.
        self._named.pop(operation.id, None)
        await self._say(last)
        return None

    def _note(self, record: RequestRecord, code: str) -> None:
        """Note why an operation was not executed, or why its stream has ended."""
        status = status_of(code, GRAPHQL)
        if record.open_after is None:
            record.status = status
            record.result = Result.FAILED if status >= 500 else Result.REFUSED
        elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
            record.result = Result.FAILED

    def _follow(self, operation: _Operation) -> None:
        if self._is_ending:
            raise ConnectionResetError("The socket is about to be closed.")
        operation.is_live = True

    # The end

    async def _end(
        self,
        code: CloseCode,
        reason: str,
        error: Unauthenticated | None = None,
        by: _Operation | None = None,
    ) -> None:
        """Close once everything but what is live has been answered.

        What is live is told the error, if there is one; without it, clients ask again elsewhere.
        """
        if self._is_ending:
            return
        self._is_ending = True
        others = self._under_way - {by}
        live = [one for one in others if one.is_live]
        tasks = self._cancel(live)
        if error is not None:
            errors = [self._mask.unexpected(error)]
            for one in live if by is None else [by, *live]:
                await self._say(one.says.error(errors))
        tasks += [one.task for one in others if one.task is not None and not one.is_live]
        if tasks:
            await asyncio.wait(tasks)
        await self._close(code, reason)

    def _cancel(self, operations: Iterable[_Operation]) -> list[asyncio.Task[None]]:
        tasks = [one.task for one in operations if one.task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    async def _say(self, text: str) -> None:
        self._record.frames += 1
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: CloseCode, reason: str) -> None:
        self._record.close_code = code
        await self._send(close(code, reason))


def _chosen(sent: Credentials, given: Credentials) -> Credentials:
    """The credentials of the parameters, if there are any; Unverified if the head has others."""
    if not given:
        return sent
    if sent and sent_credential(sent) != sent_credential(given):
        raise Unverified
    return given
