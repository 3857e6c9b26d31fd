"""A server that is told to stop, and goes on for a while so that nobody is sent away.

Whoever balances the load learns from ``/readyz`` to send requests elsewhere, and clients that keep
a connection open are told to make a new one, which leads them elsewhere too.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_Handler = Callable[[int, FrameType | None], Any]


class Draining:
    """Whether the server is about to stop; ``seconds`` are between being told and stopping."""

    def __init__(self, seconds: float) -> None:
        self.under_way = False
        self._seconds = seconds

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Let SIGTERM reach whoever handles it now only so many seconds later.

        A second one reaches them at once. Nothing changes with 0 seconds, or where nobody handles
        the signal. For the main thread, with a running loop.
        """
        handler = signal.getsignal(signal.SIGTERM)
        if self._seconds <= 0 or not callable(handler):
            yield
            return
        signal.signal(signal.SIGTERM, self._handler(handler))
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, handler)

    def _handler(self, stop: _Handler) -> _Handler:
        loop = asyncio.get_running_loop()

        def begin(number: int, frame: FrameType | None) -> None:
            if self.under_way:
                stop(number, frame)
                return
            self.under_way = True
            # The loop may be asleep: a plain call_later would not wake it.
            loop.call_soon_threadsafe(loop.call_later, self._seconds, stop, number, None)

        return begin
