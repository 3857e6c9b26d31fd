"""Consistency-Token headers: of requests, and of their answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import GatewayError
from gateway.http.consistent_reads import EVENTUAL, ConsistentReads
from gateway.http.seen import Seen
from gateway.telemetry.record import record_of

#: Headers of an answer that pages of other origins may read.
CONSISTENCY_HEADERS = ("Consistency", "Consistency-Token")
_TOKEN = b"consistency-token"
_EVENTUAL = (b"consistency", EVENTUAL.encode())
_SEEN = "stats_gateway.seen"


class ConsistencyHeaders:
    """ASGI middleware around all reads and writes; ``identify`` returns the viewer."""

    def __init__(
        self,
        app: ASGIApp,
        reads: ConsistentReads,
        identify: Callable[[Scope], Awaitable[Viewer]],
    ) -> None:
        self._app = app
        self._reads = reads
        self._identify = identify

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        record = record_of(scope)
        tokens = tokens_of(scope)

        def sending(message: Message) -> Awaitable[None]:
            adds_headers = record.has_written or _SEEN in scope
            if adds_headers and message["type"] == "http.response.start":
                return self._send_start(message, scope, send)
            return send(message)

        if tokens is None:
            return self._app(scope, receive, sending)
        return self._routed(tokens, scope, receive, sending)

    async def _routed(self, tokens: str, scope: Scope, receive: Receive, send: Send) -> None:
        note_seen(scope, await self._seen(tokens, scope))
        await self._app(scope, receive, send)

    async def _send_start(self, message: Message, scope: Scope, send: Send) -> None:
        record, seen = record_of(scope), seen_of(scope)
        if record.has_written or seen is not None:
            headers = message["headers"] = [*message.get("headers", ())]
            new = await self._new_token(seen, scope)
            if new is not None:
                headers.append((_TOKEN, new.encode()))
            if seen is not None and seen.is_eventual(record):
                headers.append(_EVENTUAL)
        await send(message)

    async def _seen(self, tokens: str, scope: Scope) -> Seen | None:
        try:
            viewer = await self._identify(scope)
        except Exception:  # the endpoint answers the error
            viewer = ANONYMOUS
        try:
            return await self._reads.route(tokens, viewer, record_of(scope))
        except GatewayError:
            # The database is away: the endpoint answers the error.
            return None

    async def _new_token(self, seen: Seen | None, scope: Scope) -> str | None:
        try:
            return await self._reads.token_after(seen, record_of(scope))
        except GatewayError:
            return None


def tokens_of(scope: Scope) -> str | None:
    """The consistency tokens of a request, possibly empty; None without the header."""
    sent = [value for name, value in scope["headers"] if name == _TOKEN]
    return b",".join(sent).decode("latin-1") if sent else None


def note_seen(scope: Scope, seen: Seen | None) -> None:
    """Attach what the client has seen to the scope; also for tokens from elsewhere."""
    scope[_SEEN] = seen


def seen_of(scope: Scope) -> Seen | None:
    """What the client has seen; None if it sent no tokens."""
    seen: Seen | None = scope.get(_SEEN)
    return seen
