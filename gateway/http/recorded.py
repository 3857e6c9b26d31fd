"""Request recording middleware: request id, access log, metrics, trace and Server-Timing."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.collector import FullCollections
from gateway.http.client_address import Network, client_address
from gateway.http.draining import Draining
from gateway.http.recording import AroundRequest, Recording
from gateway.http.recording import attach as attach_recording
from gateway.telemetry.lines import RequestLog
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import WEBSOCKET, RequestRecord, attach, request_id_of

#: Messages of an application that begin its answer.
_ANSWERS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
_W3C = {b"traceparent": "traceparent", b"tracestate": "tracestate"}


class RecordedRequests:
    """ASGI middleware that records requests; metrics, log and trace are optional.

    The garbage collector is notified when requests begin and end. ``server_timing`` adds the
    duration to answers to operations, for viewers who may see it.
    """

    def __init__(
        self,
        app: ASGIApp,
        draining: Draining,
        collections: FullCollections,
        log: RequestLog | None = None,
        metrics: Metrics | None = None,
        around: AroundRequest | None = None,
        *,
        server_timing: bool = True,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self._app = app
        self._draining = draining
        self._recording = Recording(collections, log, metrics, around)
        self._server_timing = server_timing
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        record = RequestRecord(request_id_of(_sent_id(scope)), scope.get("method", WEBSOCKET))
        record.client = client_address(scope, self._trusted_proxies)
        attach(record, scope)
        if scope["type"] == "websocket":
            attach_recording(self._recording, scope)

        def send_marked(message: Message) -> Awaitable[None]:
            if message["type"] in _ANSWERS:
                record.status = message.get("status", HTTPStatus.SWITCHING_PROTOCOLS)
                message["headers"] = [*message.get("headers", ()), *self._headers(record)]
                _note_route(record, scope)
                if message["type"] == "websocket.accept":
                    record.opened()
            return send(message)

        with self._recording(record, _trace_context(scope) if self._recording.is_traced else None):
            try:
                await self._app(scope, receive, send_marked)
            finally:
                _note_route(record, scope)

    def _headers(self, record: RequestRecord) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", record.request_id.encode())]
        if self._server_timing and record.shows_timing and record.phases:
            headers.append((b"server-timing", _server_timing(record).encode()))
        if self._draining.under_way and record.method != WEBSOCKET:
            headers.append((b"connection", b"close"))
        return headers


def _note_route(record: RequestRecord, scope: Scope) -> None:
    # Only the router knows the route of a path.
    if "route" in scope:
        record.route = getattr(scope["route"], "path", None) or record.route


def _sent_id(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            sent: bytes = value
            return sent
    return None


def _trace_context(scope: Scope) -> dict[str, str]:
    """The headers of a W3C trace context."""
    return {_W3C[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _W3C}


def _server_timing(record: RequestRecord) -> str:
    """Server-Timing (W3C): the phases and the time so far in ms, and the number of statements."""
    entries = [
        f"{name};dur={(ended - started) * 1000:.2f}" for name, started, ended in record.phases
    ]
    entries.append(f'sql;desc="{record.statements} statements"')
    entries.append(f"total;dur={(record.clock() - record.started) * 1000:.2f}")
    return ", ".join(entries)
