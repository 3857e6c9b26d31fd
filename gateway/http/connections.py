"""All connections of one server process: so many at most, and why some were closed."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Protocol

from gateway.errors import Unavailable
from gateway.http.peers import PeerLimits

logger = logging.getLogger(__name__)

#: Beyond the limit, for whoever asks whether the process lives while all places are taken.
SLOTS_FOR_PROBES = 50


class Closed(StrEnum):
    """Why the server closed a connection that the client would have kept."""

    #: It waited for its next request longest of all, and another needed the place.
    GAVE_WAY = "gave_way"
    #: All places were taken by requests under way.
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
    """A connection, as the others see it."""

    def has_taken_all(self) -> bool:
        """Whether nothing that was written to it still waits to be taken."""

    def give_way(self) -> None:
        """Close for another's sake."""


class Connections:
    """Who is connected; when ``limits.connections`` are, the one that waits longest gives way.

    A connection waits while it has no request under way. Where none does, a new one has no
    place, and only asks whether the process lives.
    """

    def __init__(self, limits: PeerLimits) -> None:
        self.limits = limits
        self.open = 0
        #: Of those that are open, those with a stream and WebSockets with operations: they last for
        #: long, and none gives way.
        self.held = 0
        self.closed: dict[str, int] = dict.fromkeys(Closed, 0)
        # In the order in which they began to wait.
        self._waiting: dict[Peer, None] = {}
        self._without_slot: dict[Peer, None] = {}
        self._told = False

    def enter(self, peer: Peer) -> bool:
        """Count a new connection; whether there is a place for it."""
        self.open += 1
        if self.open - len(self._without_slot) > self.limits.connections:
            self._tell()
            gives_way = next((one for one in self._waiting if one.has_taken_all()), None)
            if gives_way is None:
                self._without_slot[peer] = None
                if len(self._without_slot) > SLOTS_FOR_PROBES:
                    self._close(next(iter(self._without_slot)), Closed.NO_SLOT)
                return False
            self._close(gives_way, Closed.GAVE_WAY)
        self._waiting[peer] = None
        return True

    def wait(self, peer: Peer) -> None:
        """The connection has no request under way any more."""
        if peer not in self._without_slot:
            self._waiting[peer] = None

    def work(self, peer: Peer) -> None:
        """The connection has a request under way."""
        self._waiting.pop(peer, None)

    def count(self, reason: Closed) -> None:
        """Count a connection that was closed."""
        self.closed[reason] += 1

    def hold(self) -> None:
        """Somebody is about to take a place for long; Unavailable if only a tenth is left."""
        if self.held >= self.limits.connections * 9 // 10:
            raise Unavailable("The server has too many streams open: try again in a moment.")
        self.held += 1

    def release(self) -> None:
        """What took a place for long is over."""
        self.held -= 1

    def leave(self, peer: Peer) -> None:
        """The connection is lost."""
        self.open -= 1
        self._waiting.pop(peer, None)
        self._without_slot.pop(peer, None)
        if self.open <= self.limits.connections * 0.9:
            self._told = False

    def _close(self, peer: Peer, reason: Closed) -> None:
        self._waiting.pop(peer, None)
        self.count(reason)
        peer.give_way()

    def _tell(self) -> None:
        """Once each time that the limit is reached, and not for each connection beyond it."""
        if not self._told:
            self._told = True
            logger.warning(
                "All %d connections are in use: idle connections are closed to make room, and "
                "new connections are refused when none is idle.",
                self.limits.connections,
            )
