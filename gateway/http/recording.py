"""What each request, and each operation of a WebSocket, leaves behind: a line, counts, a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from gateway.collector import FullCollections
from gateway.telemetry.lines import RequestLog
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import RequestRecord

#: Entered around a request, with its W3C headers.
AroundRequest = Callable[[RequestRecord, dict[str, str]], AbstractContextManager[None]]

_KEY = "stats_gateway.recording"


class Recording:
    """Notes pieces of work, each with a record of its own; metrics, log and trace may be left out.

    The garbage collector learns when they begin and end.
    """

    def __init__(
        self,
        collections: FullCollections,
        log: RequestLog | None = None,
        metrics: Metrics | None = None,
        around: AroundRequest | None = None,
    ) -> None:
        self._collections = collections
        self._log = log
        self._metrics = metrics
        self._around = around

    @contextmanager
    def __call__(
        self, record: RequestRecord, carried: dict[str, str] | None = None
    ) -> Iterator[None]:
        """Entered around the work; ``carried`` are its W3C headers."""
        self._collections.began()
        if self._metrics is not None:
            self._metrics.began()
        try:
            traced = None if self._around is None else ExitStack()
            with traced or nullcontext():
                record.when_opened = partial(self._opened, traced)
                if traced is not None and self._around is not None:
                    traced.enter_context(self._around(record, carried or {}))
                yield
        finally:
            record.when_opened = None
            seconds = record.clock() - record.started
            if self._metrics is not None:
                self._metrics.ended(record, seconds)
            if self._log is not None:
                self._log.write(record, seconds)
            if record.open_after is None:
                self._collections.ended()

    def _opened(self, traced: ExitStack | None) -> None:
        """A stream is no work under way, and a span that ends with it would end after days."""
        if traced is not None:
            traced.close()
        self._collections.ended()
        if self._metrics is not None:
            self._metrics.opened()


def attach(recording: Recording, scope: MutableMapping[str, Any]) -> None:
    """Let the application find it by its ASGI scope."""
    scope[_KEY] = recording


def recording_of(scope: MutableMapping[str, Any]) -> Recording:
    """What is attached; one that nobody reads where nothing is recorded."""
    found: Recording | None = scope.get(_KEY)
    return found if found is not None else Recording(FullCollections())
