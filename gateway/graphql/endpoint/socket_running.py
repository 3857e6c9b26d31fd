"""Running operations: runs the operations of one WebSocket, and ends them with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing, suppress
from http import HTTPStatus
from typing import NamedTuple

from starlette.types import Message

from gateway.auth.bearer import bearer_scope
from gateway.errors import Unauthenticated, Unavailable
from gateway.graphql.documents.request import read_parameters
from gateway.graphql.endpoint.socket_messages import ClientMessage, CloseCode, ServerMessages
from gateway.graphql.endpoint.socket_operation import (
    Credentials,
    NotExecuted,
    SocketOperations,
)
from gateway.graphql.endpoint.statuses import EXECUTED, status_of
from gateway.graphql.live.ends import ServerStopping
from gateway.graphql.refusals import OperationsTooLarge, TooManyOperations
from gateway.http.media import GRAPHQL
from gateway.http.recording import Recording
from gateway.http.websocket_events import occupied
from gateway.telemetry.record import RequestRecord, Result

STOPPING = "The server is stopping: connect again."
#: Operations of one socket that are executed at once; the others wait. Each may have an answer of
#: many bytes, which it holds until the client takes it.
_AT_ONCE = 4


class SocketLimits(NamedTuple):
    """Limits of one socket: operations under way, and characters of those that are not live yet.

    Waiting operations are in memory: up to the length of one message, which is always accepted.
    """

    operations: int
    characters: int


class _Operation:
    """An operation under way; ``is_live`` once it is a live subscription."""

    def __init__(self, message: ClientMessage) -> None:
        self.id = message.id
        self.messages = ServerMessages(message.id)
        self.payload = message.payload or {}
        #: The characters of its message that are in memory.
        self.size = message.size
        self.has_begun = False
        self.is_live = False
        self.task: asyncio.Task[None] | None = None


class RunningOperations:
    """Runs operations; ``send`` sends events, ``send_message`` messages, ``close`` the close event.

    ``record`` is that of the socket itself; each operation has one of its own.
    """

    def __init__(
        self,
        operations: SocketOperations,
        limits: SocketLimits,
        record: RequestRecord,
        recording: Recording,
        send: Callable[[Message], Awaitable[None]],
        send_message: Callable[[str], Awaitable[None]],
        close: Callable[[CloseCode, str], Awaitable[None]],
    ) -> None:
        self._operations = operations
        self._mask = operations.mask
        self._limits = limits
        self._record = record
        self._recording = recording
        self._send = send
        self._send_message = send_message
        self._close = close
        self._slots = asyncio.Semaphore(_AT_ONCE)
        #: By their ids, until their last message.
        self._named: dict[str, _Operation] = {}
        #: Until they are over, completed ones included.
        self._under_way: set[_Operation] = set()
        self._is_ending = False
        self._has_ended = asyncio.Event()

    def has(self, id_: str) -> bool:
        """Whether an operation of this id is under way."""
        return id_ in self._named

    async def begin(self, message: ClientMessage, credentials: Credentials) -> None:
        """Run an operation; ignore it once the socket is closing."""
        if self._is_ending:
            return
        operation = _Operation(message)
        try:
            self._check(operation)
            if not self._under_way:
                await self._send(occupied(True))
        except (TooManyOperations, Unavailable) as refusal:
            await self._send_message(operation.messages.error([self._mask.unexpected(refusal)]))
            return
        self._named[operation.id] = operation
        self._under_way.add(operation)
        operation.task = asyncio.create_task(self._run(operation, credentials))

    def _check(self, operation: _Operation) -> None:
        if len(self._under_way) >= self._limits.operations:
            raise TooManyOperations(self._limits.operations)
        waiting = sum(one.size for one in self._under_way)
        if waiting and waiting + operation.size > self._limits.characters:
            raise OperationsTooLarge(self._limits.characters)

    async def complete(self, id_: str) -> None:
        """Complete an operation for the client: cancel it if it is still under way."""
        operation = self._named.pop(id_, None)
        if operation is None:
            return
        self._cancel([operation])
        if not operation.has_begun:
            # A task that is cancelled before its first step takes none, not even its last.
            await self._leave(operation)

    async def end(
        self,
        code: CloseCode,
        reason: str,
        error: Unauthenticated | None = None,
        by: _Operation | None = None,
    ) -> None:
        """Close the socket once all operations that are not live have been answered.

        Live ones get the error, if there is one; without it, clients subscribe again elsewhere.
        ``by`` is the operation that closes it; a later caller waits, unless it is an operation.
        """
        if self._is_ending:
            if by is None:
                await self._has_ended.wait()
            return
        self._is_ending = True
        try:
            await self._end(code, reason, error, by)
        finally:
            self._has_ended.set()

    async def _end(
        self,
        code: CloseCode,
        reason: str,
        error: Unauthenticated | None,
        by: _Operation | None,
    ) -> None:
        others = self._under_way - {by}
        live = [one for one in others if one.is_live]
        tasks = self._cancel(live)
        if error is not None:
            errors = [self._mask.unexpected(error)]
            for one in live if by is None else [by, *live]:
                await self._send_message(one.messages.error(errors))
        tasks += [one.task for one in others if one.task is not None and not one.is_live]
        if tasks:
            await asyncio.wait(tasks)
        await self._close(code, reason)

    async def stop(self) -> None:
        """Cancel all operations: the client has disconnected."""
        tasks = self._cancel(self._under_way)
        if tasks:
            await asyncio.wait(tasks)

    def _cancel(self, operations: Iterable[_Operation]) -> list[asyncio.Task[None]]:
        tasks = [one.task for one in operations if one.task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    async def _run(self, operation: _Operation, credentials: Credentials) -> None:
        operation.has_begun = True
        record = RequestRecord(self._record.request_id, self._record.method)
        record.route, record.client = self._record.route, self._record.client
        try:
            with suppress(ConnectionError):
                with bearer_scope(), self._recording(record):
                    end = await self._answer(operation, credentials, record)
                if end is not None:
                    await self.end(*end, by=operation)
        finally:
            await self._leave(operation)

    async def _leave(self, operation: _Operation) -> None:
        self._under_way.discard(operation)
        self._free_id(operation)
        if not self._under_way:
            with suppress(ConnectionError):
                await self._send(occupied(False))

    def _free_id(self, operation: _Operation) -> None:
        """Free the id for the client, unless another operation has it."""
        if self._named.get(operation.id) is operation:
            del self._named[operation.id]

    async def _answer(
        self, operation: _Operation, credentials: Credentials, record: RequestRecord
    ) -> tuple[CloseCode, str, Unauthenticated | None] | None:
        """Send all answers and the end; return how to close the socket, if it has to be."""
        try:
            await self._send_answers(operation, credentials, record)
            last = operation.messages.complete()
        except ConnectionError:
            raise
        except ServerStopping:
            return CloseCode.STOPPING, STOPPING, None
        except Unauthenticated as error:
            _note(record, error.code, error)
            return CloseCode.FORBIDDEN, error.message, error
        except NotExecuted as error:
            _note(record, error.errors[0]["extensions"]["code"])
            last = operation.messages.error(error.errors)
        except Exception as error:
            formatted = self._mask.unexpected(error)
            _note(record, formatted["extensions"]["code"])
            last = operation.messages.error([formatted])
        record.end()
        self._free_id(operation)
        await self._send_message(last)
        return None

    async def _send_answers(
        self, operation: _Operation, credentials: Credentials, record: RequestRecord
    ) -> None:
        async with AsyncExitStack() as slot:

            async def on_live() -> None:
                if self._is_ending:
                    raise ConnectionResetError("The socket is about to be closed.")
                operation.is_live = True
                # It waits for changes, and holds no memory meanwhile.
                operation.payload, operation.size = {}, 0
                await slot.aclose()

            await slot.enter_async_context(self._slots)
            answers = self._operations.answers(
                read_parameters(operation.payload), credentials, record, on_live
            )
            async with aclosing(answers):
                async for answer in answers:
                    record.status = EXECUTED.graphql
                    await self._send_message(operation.messages.next(answer))


def _note(record: RequestRecord, code: str, cause: Exception | None = None) -> None:
    """Record why an operation was not executed, or why its stream has ended."""
    record.note_error(code, cause)
    status = status_of(code, GRAPHQL)
    if record.open_after is None:
        record.status = status
        record.result = Result.FAILED if status >= 500 else Result.REFUSED
    elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
        record.result = Result.FAILED
