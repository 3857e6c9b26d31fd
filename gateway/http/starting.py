"""Startup without a database: the server is alive but not ready, and retries.

Until it succeeds, it answers only probes; all else gets 503 with ``Retry-After``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.db.faults import DatabaseFault
from gateway.errors import GatewayError, Unavailable
from gateway.http.probes import PROBE_PATHS
from gateway.http.response import refusal_response

logger = logging.getLogger(__name__)

#: How long the start waits for the first attempt: usually enough for it to succeed.
FIRST_SECONDS = 2
_PAUSE_SECONDS = 1


class Starting:
    """Retries ``prepare`` until it succeeds, in the background after ``FIRST_SECONDS``.

    A context manager around the running server. A failure may be temporary, or be fixed from
    outside. The database logs its own faults; every other error is logged once.
    """

    def __init__(self, prepare: Callable[[], Awaitable[object]]) -> None:
        #: False from the start until success; True for an application without a lifespan.
        self.is_over = True
        self._prepare = prepare
        self._reason = "The server is starting."
        self._last_logged: str | None = None
        self._trying: asyncio.Task[None] | None = None

    async def check_ready(self) -> None:
        """Readiness check: Unavailable with the reason until the start has succeeded."""
        if not self.is_over:
            raise Unavailable(self._reason)

    async def _try(self) -> None:
        while not self.is_over:
            try:
                await self._prepare()
            except Exception as error:  # a supervisor would only restart a server that exits
                self._note(error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                self.is_over = True

    def _note(self, error: Exception) -> None:
        unexpected = None if isinstance(error, GatewayError) else error
        self._reason = "The server could not start yet." if unexpected else str(error)
        if not isinstance(error, DatabaseFault) and str(error) != self._last_logged:
            self._last_logged = str(error)
            logger.error(
                "The server is not ready and tries again: %s", self._reason, exc_info=unexpected
            )

    async def __aenter__(self) -> Self:
        self.is_over = False
        self._trying = asyncio.create_task(self._try())
        await asyncio.wait([self._trying], timeout=FIRST_SECONDS)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.wait([self._trying])


class OnceStarted:
    """ASGI middleware that passes on only probes until the start has succeeded."""

    def __init__(self, app: ASGIApp, starting: Starting) -> None:
        self._app = app
        self._starting = starting

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        waits = scope["type"] in ("http", "websocket") and not self._starting.is_over
        if waits and scope["path"].encode() not in PROBE_PATHS:
            error = Unavailable("The server is starting: try again in a moment.")
            response = refusal_response(error, HTTPStatus.SERVICE_UNAVAILABLE)
            return response(scope, receive, send)
        return self._app(scope, receive, send)
