"""Unread frames: bounds the bytes of frames that readers have not taken yet."""

from __future__ import annotations

from gateway.graphql.live.frames import Frame


class UnreadFrames:
    """At most ``capacity`` bytes of frames are held for readers that do not wait for them.

    A frame that many have not taken counts once. ``taken`` and ``superseded`` only grow.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.size = 0
        self.taken = 0
        self.superseded = 0

    def hold(self, frame: Frame, *, at_once: bool) -> bool:
        """Hold a frame for one more reader; False if there is no memory for it.

        There always is for a reader that takes it ``at_once``.
        """
        more = 0 if frame.unread else len(frame.data)
        if not at_once and self.size + more > self._capacity:
            return False
        self.size += more
        frame.unread += 1
        return True

    def release(self, frame: Frame) -> None:
        """Release a frame for one reader."""
        frame.unread -= 1
        if frame.unread == 0:
            self.size -= len(frame.data)

    def take(self, frame: Frame) -> None:
        """Count that one reader has taken a frame."""
        self.release(frame)
        self.taken += 1
