"""A server that is told to stop, and goes on for a while so that nobody is sent away.

Whoever balances the load learns from ``/readyz`` to send requests elsewhere, and clients that keep
a connection open are told to make a new one, which leads them elsewhere too.
"""

from __future__ import annotations

import asyncio
import signal
import threading
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
        self._callbacks: list[Callable[[float], object]] = []

    def on_begin(self, callback: Callable[[float], object]) -> None:
        """Call this, in the loop, when the server is told to stop: with the seconds until then.

        A second time, with none, if it is told again not to wait.
        """
        self._callbacks.append(callback)

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Let SIGTERM reach whoever handles it now only so many seconds later.

        A second one reaches them at once, and so does SIGINT. Nothing changes where nobody handles
        a signal, or in a thread, which gets none. With a running loop.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with (
            self._handling(signal.SIGTERM, self._seconds),
            self._handling(signal.SIGINT, 0),
        ):
            yield

    @contextmanager
    def _handling(self, number: signal.Signals, seconds: float) -> Iterator[None]:
        handler = signal.getsignal(number)
        if not callable(handler):
            yield
            return
        signal.signal(number, self._handler(handler, seconds))
        try:
            yield
        finally:
            signal.signal(number, handler)

    def _handler(self, stop: _Handler, seconds: float) -> _Handler:
        loop = asyncio.get_running_loop()

        def begin(number: int, frame: FrameType | None) -> None:
            again, self.under_way = self.under_way, True
            # The loop may be asleep: a plain call_later would not wake it.
            loop.call_soon_threadsafe(self._tell, 0 if again else seconds)
            if again or seconds <= 0:
                stop(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, None)

        return begin

    def _tell(self, seconds: float) -> None:
        for callback in self._callbacks:
            callback(seconds)
