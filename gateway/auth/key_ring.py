"""Key ring: the keys that verify tokens, refreshed while the server runs.

Replacing keys needs no restart: every source is read again from time to time, and as soon as a
token comes that no known key has signed. Requests are answered from what was read last; a source
that cannot be read, or holds nonsense for a moment, leaves its last good keys in place.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from gateway.auth.token_keys import TokenKey
from gateway.reasons import reason_of

logger = logging.getLogger(__name__)


class KeySource:
    """The last good keys from ``load``, which blocks, and so runs in a thread.

    It is called every ``every_seconds``, and for unknown keys at most every ``pause_seconds``;
    a request waits ``timeout_seconds`` for it at most. Its errors are logged as sentences.
    """

    def __init__(
        self,
        load: Callable[[], Sequence[TokenKey]],
        *,
        every_seconds: float,
        pause_seconds: float,
        timeout_seconds: float,
        keys: Sequence[TokenKey] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keys = tuple(keys)
        self._load = load
        self._every = every_seconds
        self._pause = pause_seconds
        self._timeout = timeout_seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._requested: asyncio.Task[None] | None = None
        self._requested_at = 0.0
        self._complaint: str | None = None

    async def refresh(self) -> None:
        """Read the keys again; a failure is logged, once for each reason, and changes nothing."""
        async with self._lock:
            try:
                self._take(await asyncio.to_thread(self._load))
            except Exception as error:  # whatever it is, the next reading must still come
                reason = reason_of(error)
                if reason != self._complaint:
                    state = "the last good keys stay in use" if self.keys else "no key is known yet"
                    logger.warning("Could not read the keys for tokens (%s): %s.", state, reason)
                self._complaint = reason
            else:
                self._complaint = None

    def _take(self, loaded: Sequence[TokenKey]) -> None:
        # A key that is still there stays the same object: what it has verified stays verified.
        self.keys = tuple(next((own for own in self.keys if own == one), one) for one in loaded)

    async def poll(self) -> None:
        """Read the keys again every ``every_seconds``, until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            await self.refresh()

    async def look_for(self, kid: str | None) -> bool:
        """Read the keys again for a token that none has signed; whether they have changed.

        Who comes while that is under way waits for it; who comes too soon after it does not.
        """
        if kid is not None and any(key.kid == kid for key in self.keys):
            return False
        before = self.keys
        if self._requested is None or (
            self._requested.done() and self._clock() - self._requested_at >= self._pause
        ):
            # After a reading under way, which may have begun before the key was published.
            self._requested_at = self._clock()
            self._requested = asyncio.create_task(self.refresh())
        await asyncio.wait([self._requested], timeout=self._timeout)
        return self.keys != before

    async def stop(self) -> None:
        """Cancel a reading that a request has caused."""
        if self._requested is not None:
            self._requested.cancel()
            await asyncio.wait([self._requested])


class KeyRing:
    """The current keys of all sources.

    Entered while the server runs, it refreshes them.
    """

    def __init__(self, sources: Sequence[KeySource]) -> None:
        self._sources = tuple(sources)
        self._refreshing: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[TokenKey]:
        for source in self._sources:
            yield from source.keys

    @property
    def is_complete(self) -> bool:
        """Whether each source has been read at least once."""
        return all(source.keys for source in self._sources)

    async def look_for(self, kid: str | None) -> bool:
        """Read the keys again for a token that none has signed; whether any have changed."""
        # What the token was verified with: once the sources are awaited, another request's
        # reading may have changed the keys already.
        before = [source.keys for source in self._sources]
        await asyncio.gather(*(source.look_for(kid) for source in self._sources))
        return any(source.keys != keys for source, keys in zip(self._sources, before, strict=True))

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(source.refresh() for source in self._sources))
        self._refreshing = [asyncio.create_task(source.poll()) for source in self._sources]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._refreshing:
            task.cancel()
        for task in self._refreshing:
            with suppress(asyncio.CancelledError):
                await task
        for source in self._sources:
            await source.stop()
