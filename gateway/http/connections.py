"""Connection limit of a server process: evicts idle connections, and counts why it closed them."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Protocol

from gateway.errors import Unavailable
from gateway.http.peers import PeerLimits

logger = logging.getLogger(__name__)

#: Connections beyond the limit, for probes while all slots are taken.
SLOTS_FOR_PROBES = 50


class Closed(StrEnum):
    """Reasons why the server closed a connection; the values are labels of metrics."""

    #: It was idle for longest, and a new connection needed its slot.
    GAVE_WAY = "gave_way"
    #: Requests under way took all slots.
    NO_SLOT = "no_place"
    #: The head of a request did not come in time.
    SLOW_HEAD = "slow_head"
    #: The body of a request, or a message on a WebSocket, came too slowly.
    SLOW_BODY = "slow_body"
    #: The answer was taken too slowly.
    SLOW_READER = "slow_reader"
    #: A WebSocket gave no sign of life.
    SILENT = "silent"


class Peer(Protocol):
    """Connection that can be evicted."""

    def has_flushed(self) -> bool:
        """Whether the write buffer is empty."""

    def evict(self) -> None:
        """Close, so that another connection gets the slot."""


class Connections:
    """Registry of connections; at ``limits.connections``, the one that is idle longest is evicted.

    A connection is idle while it has no request under way. If none is idle, a new one gets no slot:
    only probes are answered on it.
    """

    def __init__(self, limits: PeerLimits) -> None:
        self.limits = limits
        self.open = 0
        #: Open connections with a stream, and WebSockets with operations: they are long-lived and
        #: never evicted.
        self.held = 0
        self.closed: dict[str, int] = dict.fromkeys(Closed, 0)
        # In the order in which they became idle.
        self._waiting: dict[Peer, None] = {}
        self._without_slot: dict[Peer, None] = {}
        self._has_warned = False

    def enter(self, peer: Peer) -> bool:
        """Register a new connection; whether there is a slot for it."""
        self.open += 1
        if self.open - len(self._without_slot) > self.limits.connections:
            self._warn_once()
            idle = next((one for one in self._waiting if one.has_flushed()), None)
            if idle is None:
                self._without_slot[peer] = None
                if len(self._without_slot) > SLOTS_FOR_PROBES:
                    self._close(next(iter(self._without_slot)), Closed.NO_SLOT)
                return False
            self._close(idle, Closed.GAVE_WAY)
        self._waiting[peer] = None
        return True

    def wait(self, peer: Peer) -> None:
        """Mark the connection as idle: it has no request under way any more."""
        if peer not in self._without_slot:
            self._waiting[peer] = None

    def work(self, peer: Peer) -> None:
        """Mark the connection as busy: it has a request under way."""
        self._waiting.pop(peer, None)

    def count(self, reason: Closed) -> None:
        """Count a connection that was closed."""
        self.closed[reason] += 1

    def hold(self) -> None:
        """Take a slot for long; Unavailable if only a tenth of them is left."""
        if self.held >= self.limits.connections * 9 // 10:
            raise Unavailable("The server has too many streams open: try again in a moment.")
        self.held += 1

    def release(self) -> None:
        """Release a slot that was taken for long."""
        self.held -= 1

    def leave(self, peer: Peer) -> None:
        """Unregister a lost connection."""
        self.open -= 1
        self._waiting.pop(peer, None)
        self._without_slot.pop(peer, None)
        if self.open <= self.limits.connections * 0.9:
            self._has_warned = False

    def _close(self, peer: Peer, reason: Closed) -> None:
        self._waiting.pop(peer, None)
        self.count(reason)
        peer.evict()

    def _warn_once(self) -> None:
        """Log once each time that the limit is reached, not for each connection beyond it."""
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "All %d connections are in use: idle connections are closed to make room, and "
                "new connections are refused when none is idle.",
                self.limits.connections,
            )
