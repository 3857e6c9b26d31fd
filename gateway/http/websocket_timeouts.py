"""WebSocket timeouts: heartbeat, slow messages and slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.http.connections import Closed
from gateway.http.peers import PeerLimits


class WebSocketTimeouts:
    """Timers of one open WebSocket.

    ``ping`` sends a ping, and ``on_timeout`` is called when a timeout has passed. While reading is
    paused (``is_paused``), no timeout passes. ``Outgoing`` detects clients that read too slowly.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: PeerLimits,
        ping: Callable[[], object],
        on_timeout: Callable[[Closed], object],
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._ping = ping
        self._on_timeout = on_timeout
        self.is_paused = False
        self._has_received = True
        self._bytes = 0
        self._beat: asyncio.TimerHandle | None = None
        self._part: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the heartbeat: the WebSocket is open."""
        self._beat = self._loop.call_later(self._limits.heartbeat_seconds, self._on_beat)

    def received(self, number: int) -> None:
        """Count received bytes."""
        self._has_received = True
        self._bytes += number

    def awaits_rest(self, value: bool) -> None:  # noqa: FBT001 - the new state
        """Start or stop the timeout for the rest of an incomplete message."""
        if not value:
            self._cancel(self._part)
            self._part = None
        elif self._part is None:
            self._bytes = 0
            self._part = self._loop.call_later(self._limits.stall_seconds, self._on_part)

    def awaits_reader(self, value: bool) -> None:  # noqa: FBT001 - the new state
        """Start or stop the timeout of a full write buffer."""
        self._cancel(self._reader)
        self._reader = None
        if value:
            self._reader = self._loop.call_later(self._limits.message_seconds, self._on_reader)

    def end(self) -> None:
        """Stop all timers."""
        for timer in (self._beat, self._part, self._reader):
            self._cancel(timer)
        self._beat = self._part = self._reader = None

    def _cancel(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    def _on_beat(self) -> None:
        if self._has_received or self.is_paused:
            self._has_received = False
            self._ping()
            self.begin()
        else:
            self._on_timeout(Closed.SILENT)

    def _on_part(self) -> None:
        self._part = None
        if self.is_paused or self._bytes >= self._limits.stall_bytes:
            self.awaits_rest(True)
        else:
            self._on_timeout(Closed.SLOW_BODY)

    def _on_reader(self) -> None:
        self._on_timeout(Closed.SLOW_READER)
