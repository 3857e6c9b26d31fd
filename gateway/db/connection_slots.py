"""Connection slots of readers, each with the right to one connection."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gateway.errors import Unavailable


class Pool(NamedTuple):
    """Connections that answers are read with: those in use, and the most there can be."""

    in_use: int
    size: int


class NoConnection(Unavailable):
    """No connection became free in time."""


class ConnectionSlots:
    """As many slots as connections; a task that finds none free waits, with a timeout."""

    def __init__(self, number: int, timeout_seconds: float) -> None:
        self._free = asyncio.Semaphore(number)
        self._timeout = timeout_seconds
        self._number = number
        self._taken = 0

    @property
    def pool(self) -> Pool:
        """How many slots are taken."""
        return Pool(self._taken, self._number)

    async def acquire(self) -> None:
        """Take a slot; NoConnection if none becomes free in time."""
        if not self._free.locked():
            await self._free.acquire()
            self._taken += 1
            return
        try:
            # wait_for would lose a cancellation that comes with the slot.
            async with asyncio.timeout(self._timeout):
                await self._free.acquire()
        except TimeoutError:
            raise NoConnection("The database is busy: try again in a moment.") from None
        self._taken += 1

    def release(self) -> None:
        """Release a slot to the next task that waits."""
        self._taken -= 1
        self._free.release()
