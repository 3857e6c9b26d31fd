"""Circuit breaker: calls do not wait for a service that has just failed.

https://martinfowler.com/bliki/CircuitBreaker.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto


class BreakerState(Enum):
    """Closed: calls go through. Open: none does. Half open: one call may try."""

    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class CircuitBreaker:
    """A failure opens it for a ``pause``, in the unit of the ``clock``; only a success closes it.

    It counts nothing and calls nothing: callers look at ``state``, and report how a call ended.
    """

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._failed_at: float | None = None

    @property
    def state(self) -> BreakerState:
        """The state at this moment."""
        if self._failed_at is None:
            return BreakerState.CLOSED
        # A clock that was set back must not make the pause last until it is there again.
        if 0 <= self._clock() - self._failed_at < self._pause:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    def failed(self) -> None:
        """Open it: a call failed, or took too long."""
        self._failed_at = self._clock()

    def worked(self) -> None:
        """Close it: a call worked."""
        self._failed_at = None
