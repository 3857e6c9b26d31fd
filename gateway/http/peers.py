"""Limits of client connections: sizes, rates and timeouts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerLimits:
    """Limits of connections; each is a setting, see ``docs/settings.md``.

    ``head_bytes`` and ``header_lines`` are of a request line with its headers, which must be
    complete within ``head_seconds``. A body is received, and an answer is read, at a rate of at
    least ``bytes_per_second``, measured over ``stall_seconds``. A message on a WebSocket has up to
    ``message_bytes``; the client must read one within ``message_seconds``, and gets a ping every
    ``heartbeat_seconds``.
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
        """The fewest bytes to transfer within ``stall_seconds``."""
        return self.stall_seconds * self.bytes_per_second
