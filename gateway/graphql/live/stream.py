"""Live stream: iterates over the answers of a subscription; a slow reader gets the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Self

from gateway.changes.position import LogPosition
from gateway.errors import GatewayError
from gateway.graphql.live.frames import Frame
from gateway.graphql.live.unread_frames import UnreadFrames


class LiveStream:
    """Asynchronous iterator of frames: whole answers as JSON, each different from the last.

    A frame that is not taken before the next comes is never sent. When the stream ends, the reason
    is raised, ``Unauthenticated`` for credentials that are over. Its only reader has
    to close it. ``extensions_at`` gives extensions of a frame by the position that it holds at.
    """

    # There are thousands: what each takes up counts.
    __slots__ = (
        "_is_over",
        "_leave",
        "_newest",
        "_reason",
        "_taken",
        "_unread",
        "_waiter",
        "extensions_at",
        "sent",
    )

    def __init__(self, unread: UnreadFrames) -> None:
        self._leave: tuple[Callable[[], object], ...] = ()
        self._unread = unread
        self._newest: Frame | None = None
        #: The digest of the last frame that was taken.
        self._taken: bytes | None = None
        #: That of the last frame that was sent; None if there was no memory for it.
        self.sent: bytes | None = None
        self.extensions_at: Callable[[LogPosition | None], Mapping[str, str]] | None = None
        self._reason: GatewayError | None = None
        self._is_over = False
        self._waiter: asyncio.Future[None] | None = None

    def when_over(self, leave: Callable[[], object]) -> None:
        """Add a callback that is called once the stream is over."""
        self._leave = (*self._leave, leave)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits for the next frame."""
        return self._waiter is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is sent."""
        return self._is_over

    def send(self, frame: Frame) -> None:
        """Send a frame: it is read next, unless it was read last.

        A reader that does not wait gets a later one, if too much is unread in the process.
        """
        if self._is_over:
            return
        self._drop_newest(superseded=True)
        self.sent = frame.digest
        if frame.digest == self._taken:
            return
        # A waiting reader takes it at once.
        if self._unread.hold(frame, at_once=self.is_waiting):
            self._newest = frame
            self._wake()
        else:
            self.sent = None

    def end(self, reason: GatewayError | None = None) -> None:
        """End the stream once what was sent is read; with a reason, at once."""
        if self._is_over:
            return
        self._reason = reason
        self._is_over = True
        if reason is not None:
            self._drop_newest()
        self._left()
        self._wake()

    def close(self) -> None:
        """Close the stream: its reader has gone."""
        self._is_over = True
        self._drop_newest()
        self._left()
        self._wake()

    def _left(self) -> None:
        left, self._leave = self._leave, ()
        for leave in left:
            leave()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _drop_newest(self, *, superseded: bool = False) -> None:
        frame, self._newest = self._newest, None
        if frame is not None:
            self._unread.release(frame)
            if superseded:
                self._unread.superseded += 1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            if self._reason is not None:
                raise self._reason
            if self._newest is not None:
                return self._take(self._newest)
            if self._is_over:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _take(self, frame: Frame) -> bytes:
        self._newest = None
        self._taken = frame.digest
        self._unread.take(frame)
        if self.extensions_at is None:
            return frame.data
        return frame.with_extensions(self.extensions_at(frame.position))
