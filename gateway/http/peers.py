"""How much of its clients' slowness a server puts up with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerLimits:
    """What one connection may take; each is a setting, see ``docs/settings.md``.

    ``head_bytes`` and ``header_lines`` are of a request line with its headers, which has to be
    complete after ``head_seconds``. A body that comes, and an answer that is taken, move
    ``bytes_per_second`` at least, counted over ``stall_seconds``. A message on a WebSocket has up
    to ``message_bytes``; one to the client is taken within ``message_seconds``, and every
    ``heartbeat_seconds`` the client is asked for a sign of life.
    """

    connections: int = 1000
    head_bytes: int = 65_536
    header_lines: int = 100
    head_seconds: float = 10
    stall_seconds: float = 10
    bytes_per_second: int = 500
    message_bytes: int = 1_048_576
    message_seconds: float = 60
    heartbeat_seconds: float = 10

    @property
    def stall_bytes(self) -> float:
        """What has to move within ``stall_seconds``."""
        return self.stall_seconds * self.bytes_per_second
