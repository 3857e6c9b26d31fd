"""The gateway with one more address: a stream of events that never ends by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from gateway.app import from_environment


def application() -> Starlette:
    """The application; ``/stream`` sends an event and then holds the connection open."""
    app = from_environment()
    app.router.routes.append(Route("/stream", _stream))
    return app


async def _stream(_: Request) -> StreamingResponse:
    return StreamingResponse(_events(), media_type="text/event-stream")


async def _events() -> AsyncIterator[bytes]:
    yield b"event: first\n\n"
    await asyncio.Event().wait()
