"""Live limits: bound the live operations of each viewer, and of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from limits.aio.storage import RedisStorage

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.errors import Unavailable
from gateway.graphql.live.leases import Leases
from gateway.graphql.refusals import TooManyLiveOperations


class LiveSlot:
    """Slot of one live operation, taken until it is released."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release
        self._is_taken = True

    def release(self) -> None:
        """Release the slot; a second call changes nothing."""
        if self._is_taken:
            self._is_taken = False
            self._release()


class LiveLimits:
    """At most ``per_viewer`` live operations of one viewer, and ``in_all`` in this process.

    A viewer's are counted across all processes that share a Redis. While that does not answer,
    each process counts by itself: viewers may have more than they should then, and none is refused
    for what is not their fault. Entered while the server runs. ``now`` is in seconds.
    """

    def __init__(
        self,
        per_viewer: int,
        in_all: int,
        shared: RedisStorage | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_viewer = per_viewer
        self._in_all = in_all
        #: Never more viewers than there are operations.
        self._counts: dict[str, int] = {}
        self._taken = 0
        self._leases = None if shared is None else Leases(shared, self._counts, now)
        self._reporting: asyncio.Task[None] | None = None

    @property
    def taken(self) -> int:
        """The live operations of this process."""
        return self._taken

    async def take(self, viewer: Viewer, address: str) -> LiveSlot:
        """Take a slot for a live operation; release it when the operation has ended.

        ``address`` stands for viewers without credentials. TooManyLiveOperations if the viewer
        has as many as they may, Unavailable if the process has.
        """
        if self._taken >= self._in_all:
            raise Unavailable(
                "This server has as many live operations as it can follow: try again later."
            )
        who = spender_of(viewer, address)
        if self._counts.get(who, 0) >= self._per_viewer:
            raise TooManyLiveOperations(self._per_viewer)
        slot = self._new_slot(who)
        if self._leases is not None:
            try:
                may = await self._leases.take(who, self._per_viewer)
            except BaseException:
                slot.release()
                raise
            if not may:
                slot.release()
                raise TooManyLiveOperations(self._per_viewer)
        return slot

    def _new_slot(self, who: str) -> LiveSlot:
        self._taken += 1
        self._counts[who] = self._counts.get(who, 0) + 1

        def release() -> None:
            self._taken -= 1
            self._counts[who] -= 1
            if not self._counts[who]:
                del self._counts[who]
            if self._leases is not None:
                self._leases.released(who)

        return LiveSlot(release)

    async def __aenter__(self) -> Self:
        if self._leases is not None:
            self._reporting = asyncio.create_task(self._leases.keep_reporting())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reporting is not None:
            self._reporting.cancel()
            await asyncio.wait([self._reporting])
        if self._leases is not None:
            await self._leases.close()
