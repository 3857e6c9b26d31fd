"""Stopping: ends all live streams of a server that is about to stop, spread in time."""

from __future__ import annotations

import asyncio
import random

from gateway.graphql.live.ends import ServerStopping
from gateway.graphql.live.watched_operations import WatchedOperations

#: Clients reconnect within so many seconds.
_SOONEST, _LATEST = 0.5, 5.0
#: Of the time until the server stops, streams end in this part.
_PART = 0.8


class Stopping:
    """Whether the server is about to stop."""

    def __init__(self, operations: WatchedOperations) -> None:
        self._operations = operations
        self._begun = False

    def check(self) -> None:
        """Raise ServerStopping if the server is about to stop."""
        if self._begun:
            raise _stopping()

    def begin(self, seconds: float) -> None:
        """End all streams within so many seconds, each at its own time."""
        self._begun = True
        loop = asyncio.get_running_loop()
        for page in self._operations.pages():
            for watched in page:
                for stream in tuple(watched.streams):
                    if seconds > 0:
                        delay = random.uniform(0, _PART * seconds)  # noqa: S311 - no secret
                        loop.call_later(delay, stream.end, _stopping())
                    else:
                        stream.end(_stopping())


def _stopping() -> ServerStopping:
    return ServerStopping(random.uniform(_SOONEST, _LATEST))  # noqa: S311 - no secret
