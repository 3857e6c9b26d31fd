"""Recording of requests and of operations of a WebSocket: log line, metrics and trace."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any

from gateway.collector import FullCollections
from gateway.telemetry.lines import RequestLog
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import RequestRecord

#: Context manager around a request, with its W3C trace context.
AroundRequest = Callable[[RequestRecord, dict[str, str]], AbstractContextManager[None]]

_KEY = "stats_gateway.recording"


class Recording:
    """Records pieces of work, each with its own record; metrics, log and trace are optional.

    The garbage collector is notified when they begin and end.
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
        #: Whether the W3C trace context is read.
        self.is_traced = around is not None

    def __call__(
        self, record: RequestRecord, trace_context: dict[str, str] | None = None
    ) -> AbstractContextManager[None]:
        """Context manager around the work; ``trace_context`` has its W3C headers."""
        return _Work(self, record, trace_context)


class _Work:
    """One piece of work. A class: a generator would take several times as long."""

    __slots__ = ("_record", "_recording", "_trace_context", "_traced")

    def __init__(
        self, recording: Recording, record: RequestRecord, trace_context: dict[str, str] | None
    ) -> None:
        self._recording = recording
        self._record = record
        self._trace_context = trace_context
        self._traced: ExitStack | None = None

    def __enter__(self) -> None:
        recording, record = self._recording, self._record
        if recording.around is not None:
            self._traced = ExitStack()
            self._traced.enter_context(recording.around(record, self._trace_context or {}))
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
        """End span and work when a stream opens: it may last for days."""
        if self._traced is not None:
            self._traced.close()
        self._recording.collections.ended()
        if self._recording.metrics is not None:
            self._recording.metrics.opened()


def attach(recording: Recording, scope: MutableMapping[str, Any]) -> None:
    """Attach a recording to an ASGI scope, for the application."""
    scope[_KEY] = recording


def recording_of(scope: MutableMapping[str, Any]) -> Recording:
    """The recording of a scope; without one, a recording that has no effect."""
    found: Recording | None = scope.get(_KEY)
    return found if found is not None else Recording(FullCollections())
