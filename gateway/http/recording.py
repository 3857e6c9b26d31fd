"""What each request, and each operation of a WebSocket, leaves behind: a line, counts, a trace."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
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
        self.collections = collections
        self.log = log
        self.metrics = metrics
        self.around = around
        #: Whether W3C headers are read.
        self.is_traced = around is not None

    def __call__(
        self, record: RequestRecord, carried: dict[str, str] | None = None
    ) -> AbstractContextManager[None]:
        """Entered around the work; ``carried`` are its W3C headers."""
        return _Work(self, record, carried)


class _Work:
    """One piece of work. A class, as a generator takes several times as long."""

    __slots__ = ("_carried", "_record", "_recording", "_traced")

    def __init__(
        self, recording: Recording, record: RequestRecord, carried: dict[str, str] | None
    ) -> None:
        self._recording = recording
        self._record = record
        self._carried = carried
        self._traced: ExitStack | None = None

    def __enter__(self) -> None:
        recording, record = self._recording, self._record
        if recording.around is not None:
            self._traced = ExitStack()
            self._traced.enter_context(recording.around(record, self._carried or {}))
        recording.collections.began()
        if recording.metrics is not None:
            recording.metrics.began()
        record.when_opened = self._opened

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        recording, record = self._recording, self._record
        record.when_opened = None
        try:
            if self._traced is not None:
                self._traced.__exit__(kind, error, trace)
        finally:
            seconds = record.clock() - record.started
            if recording.metrics is not None:
                recording.metrics.ended(record, seconds)
            if recording.log is not None:
                recording.log.write(record, seconds)
            if record.open_after is None:
                recording.collections.ended()

    def _opened(self) -> None:
        """A stream is no work under way, and a span that ends with it would end after days."""
        if self._traced is not None:
            self._traced.close()
        self._recording.collections.ended()
        if self._recording.metrics is not None:
            self._recording.metrics.opened()


def attach(recording: Recording, scope: MutableMapping[str, Any]) -> None:
    """Let the application find it by its ASGI scope."""
    scope[_KEY] = recording


def recording_of(scope: MutableMapping[str, Any]) -> Recording:
    """What is attached; one that nobody reads where nothing is recorded."""
    found: Recording | None = scope.get(_KEY)
    return found if found is not None else Recording(FullCollections())
