"""Retries of Panoptes' API, with exponential backoff: for callers that have the time to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from gateway.directory.panoptes.client import Panoptes, PanoptesAway, Parameters

_TRIES = 8
_LONGEST_SECONDS = 60.0
#: A longer Retry-After is cut to this.
_LONGEST_RETRY_AFTER_SECONDS = 900.0


class Api(Protocol):
    """A client of Panoptes' API, with or without retries."""

    async def get(self, path: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """The JSON object at ``path``."""
        ...


class RetryingPanoptes:
    """Retries requests, up to eight times, and never before Panoptes' Retry-After is over.

    ``waiting`` is called before each wait: with the reason, and the seconds.
    """

    def __init__(self, panoptes: Panoptes, waiting: Callable[[str, float], None]) -> None:
        self._panoptes = panoptes
        self._waiting = waiting

    async def get(self, path: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """As ``Panoptes.get``; PanoptesAway after the last try."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(PanoptesAway),
            wait=_wait,
            stop=stop_after_attempt(_TRIES),
            before_sleep=self._tell,
            reraise=True,
        )
        return await retrying(self._panoptes.get, path, parameters)

    def _tell(self, state: RetryCallState) -> None:
        error = _error(state)
        if error is not None and state.next_action is not None:
            self._waiting(error.message, state.next_action.sleep)


def _wait(state: RetryCallState) -> float:
    error = _error(state)
    retry_after = error.retry_after if error is not None else None
    if retry_after is None:
        return wait_random_exponential(multiplier=0.5, max=_LONGEST_SECONDS)(state)
    return min(retry_after, _LONGEST_RETRY_AFTER_SECONDS)


def _error(state: RetryCallState) -> PanoptesAway | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, PanoptesAway) else None
