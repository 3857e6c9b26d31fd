"""WebSocket timeouts: how long a client may be silent, or slow to send and to read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.http.connections import Closed
from gateway.http.peers import PeerLimits


class WebSocketTimeouts:
    """Timers of one open WebSocket, told what happens on it.

    ``ping`` asks the client for a sign of life, and ``lose`` is called when a timeout has
    passed. While nothing is read (``holds``), nobody is late. ``Outgoing`` watches clients that
    read too slowly.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: PeerLimits,
        ping: Callable[[], object],
        lose: Callable[[Closed], object],
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._ping = ping
        self._lose = lose
        self.holds = False
        self._heard = True
        self._bytes = 0
        self._beat: asyncio.TimerHandle | None = None
        self._part: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The WebSocket is open: expect signs of life."""
        self._beat = self._loop.call_later(self._limits.heartbeat_seconds, self._on_beat)

    def heard(self, number: int) -> None:
        """So many bytes have come."""
        self._heard = True
        self._bytes += number

    def awaits_rest(self, value: bool) -> None:  # noqa: FBT001 - what is told
        """A part of a message has come, or no part waits for its rest any more."""
        if not value:
            self._cancel(self._part)
            self._part = None
        elif self._part is None:
            self._bytes = 0
            self._part = self._loop.call_later(self._limits.stall_seconds, self._on_part)

    def awaits_reader(self, value: bool) -> None:  # noqa: FBT001 - what is told
        """What was written waits to be taken, or not any more."""
        self._cancel(self._reader)
        self._reader = None
        if value:
            self._reader = self._loop.call_later(self._limits.message_seconds, self._on_reader)

    def end(self) -> None:
        """Wait for nothing any more."""
        for timer in (self._beat, self._part, self._reader):
            self._cancel(timer)
        self._beat = self._part = self._reader = None

    def _cancel(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    def _on_beat(self) -> None:
        if self._heard or self.holds:
            self._heard = False
            self._ping()
            self.begin()
        else:
            self._lose(Closed.SILENT)

    def _on_part(self) -> None:
        self._part = None
        if self.holds or self._bytes >= self._limits.stall_bytes:
            self.awaits_rest(True)
        else:
            self._lose(Closed.SLOW_BODY)

    def _on_reader(self) -> None:
        self._lose(Closed.SLOW_READER)
