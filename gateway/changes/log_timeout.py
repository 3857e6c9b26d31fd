"""Timeout of a statement that reads the change log with data, for when the log is locked."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition


class LogTimeout:
    """An async context manager that cancels its body, with TimeoutError, if the log is unreadable.

    A slow body alone is no reason. Whenever it takes as long as a read of the log may, the feed
    reads the log; where that fails, ``expired`` is true. Without a feed nothing expires.
    """

    def __init__(self, feed: ChangeFeed | None) -> None:
        self._feed = feed
        self._timeout = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[LogPosition | None] | None = None

    @property
    def expired(self) -> bool:
        """Whether the body was cancelled because of the log."""
        return self._timeout.expired()

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        if self._feed is not None:
            self._wait(self._feed)
        return self

    def _wait(self, feed: ChangeFeed) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(feed.timeout_seconds, self._read, feed)

    def _read(self, feed: ChangeFeed) -> None:
        self._timer = None
        self._reading = asyncio.get_running_loop().create_task(feed.catch_up())
        self._reading.add_done_callback(lambda _: self._was_read(feed))

    def _was_read(self, feed: ChangeFeed) -> None:
        if self._reading is None:
            return
        self._reading = None
        if feed.is_readable():
            self._wait(feed)
        else:
            self._timeout.reschedule(asyncio.get_running_loop().time())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
        await self._timeout.__aexit__(kind, error, trace)
