"""Live stream: the answers of one subscription, of which a slow reader gets the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from gateway.errors import GatewayError


class LiveStream:
    """Asynchronous iterator of frames: whole answers as JSON, each different from the last.

    A frame that is not taken before the next comes is never sent. When the stream ends, the reason
    is raised, ``Unauthenticated`` for credentials that are not good any more. Whoever reads it has
    to close it.
    """

    def __init__(self, leave: Callable[[LiveStream], object]) -> None:
        self._leave = leave
        self._newest: bytes | None = None
        self._reason: GatewayError | None = None
        self._is_over = False
        self._changed = asyncio.Event()

    def send(self, frame: bytes) -> None:
        """Let this be what is read next."""
        self._newest = frame
        self._changed.set()

    def end(self, reason: GatewayError | None = None) -> None:
        """End the stream once what was sent is read; with a reason, at once."""
        self._reason = self._reason or reason
        self._is_over = True
        self._changed.set()

    def close(self) -> None:
        """Nobody reads it any more."""
        self._is_over = True
        self._newest = None
        self._changed.set()
        self._leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            if self._reason is not None:
                raise self._reason
            if self._newest is not None:
                frame, self._newest = self._newest, None
                return frame
            if self._is_over:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
