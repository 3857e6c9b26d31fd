"""Graceful shutdown: the server goes on for a while after SIGTERM, so that no request is lost.

``/readyz`` makes load balancers send requests elsewhere. Clients with an open connection are told
to make a new one, which leads elsewhere too.
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
    """State of the shutdown; ``seconds`` pass between SIGTERM and the stop."""

    def __init__(self, seconds: float) -> None:
        self.under_way = False
        self._seconds = seconds
        self._callbacks: list[Callable[[float], object]] = []

    def on_begin(self, callback: Callable[[float], object]) -> None:
        """Register a callback for the begin of the shutdown: gets the seconds until the stop.

        It runs in the loop; again, with 0 seconds, after a second signal.
        """
        self._callbacks.append(callback)

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Delay SIGTERM: its current handler runs only after the seconds.

        A second SIGTERM reaches it at once, and so does SIGINT. Needs a running loop. Does nothing
        for a signal without a handler, or outside the main thread, which gets no signals.
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
            loop.call_soon_threadsafe(self._notify, 0 if again else seconds)
            if again or seconds <= 0:
                stop(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, None)

        return begin

    def _notify(self, seconds: float) -> None:
        for callback in self._callbacks:
            callback(seconds)
