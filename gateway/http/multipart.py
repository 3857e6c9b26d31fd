"""Multipart responses (multipart/mixed): JSON parts, each sent as soon as it is known."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.http.connection import send_within, while_connected
from gateway.http.media import JSON, MULTIPART
from gateway.http.response import NO_STORE
from gateway.json_bytes import json_bytes

Part = Mapping[str, Any]

_BOUNDARY = b"---"


class MultipartResponse(Response):
    """Response that sends ``first``, then the others, and always closes their generator.

    The connection of a client that takes longer than ``send_seconds`` for a part is aborted.
    """

    def __init__(
        self, first: Part, others: AsyncGenerator[Part, None], send_seconds: float
    ) -> None:
        super().__init__(headers={**NO_STORE, "Content-Type": f'{MULTIPART}; boundary="-"'})
        del self.headers["content-length"]
        self._first = first
        self._others = others
        self._send_seconds = send_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._send(scope, send))

    async def _send(self, scope: Scope, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with aclosing(self._others):
            await send(start)
            await self._part(scope, send, b"\r\n" + _BOUNDARY + _part_bytes(self._first))
            async for part in self._others:
                await self._part(scope, send, _part_bytes(part))
            await self._part(scope, send, b"--\r\n", last=True)

    async def _part(self, scope: Scope, send: Send, body: bytes, *, last: bool = False) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": not last}
        await send_within(self._send_seconds, scope, send, message)


def _part_bytes(part: Part) -> bytes:
    """A part with the boundary after it, so that a client knows at once that it is complete."""
    head = f"\r\nContent-Type: {JSON}; charset=utf-8\r\n\r\n".encode()
    return head + json_bytes(part) + b"\r\n" + _BOUNDARY
