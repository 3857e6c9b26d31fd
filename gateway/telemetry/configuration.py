"""Configuration of telemetry: logs, metrics and traces, built from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from prometheus_client import disable_created_metrics

from gateway.errors import SettingsError
from gateway.settings import PREFIX, Settings
from gateway.telemetry.around_statement import AroundStatement
from gateway.telemetry.lines import RequestLog, chosen_format
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.metrics_port import metrics_ports, metrics_served

if TYPE_CHECKING:
    from gateway.telemetry.tracing import Tracing


class Telemetry:
    """The telemetry of one process; each part may be off, and then costs nothing.

    ``metrics_host`` and ``metrics_ports`` are where metrics are served, if anywhere.
    """

    def __init__(
        self,
        log: RequestLog | None = None,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
        metrics_host: str = "127.0.0.1",
        metrics_ports: range | None = None,
    ) -> None:
        self.log = log
        self.metrics = metrics
        self.tracing = tracing
        self._host = metrics_host
        self._ports = metrics_ports

    @property
    def around_statement(self) -> AroundStatement | None:
        """A context manager around each statement of an operation, if traces are on."""
        return None if self.tracing is None else self.tracing.statement

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve the metrics until the end, and send the last spans then, which blocks."""
        with ExitStack() as stack:
            if self.tracing is not None:
                stack.callback(self.tracing.close)
            if self.metrics is not None and self._ports is not None:
                stack.enter_context(metrics_served(self.metrics.registry, self._host, self._ports))
            yield


def configured_telemetry(settings: Settings, version: str) -> Telemetry:
    """What the settings switch on; SettingsError if a package for it is missing."""
    ports = None
    if settings.metrics_port is not None:
        # When a counter began is told by the start of the process; for each label it is noise.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it out
        ports = metrics_ports(settings.metrics_port, settings.workers)
    return Telemetry(
        RequestLog(chosen_format(settings.log_format), settings.log_level),
        None if ports is None else Metrics(version),
        _tracing_module().exporting(version) if settings.traces else None,
        settings.metrics_host,
        ports,
    )


def check_telemetry(settings: Settings) -> None:
    """SettingsError if a package is missing for what the settings switch on."""
    if settings.traces:
        _tracing_module()


def _tracing_module() -> ModuleType:
    try:
        return import_module("gateway.telemetry.tracing")
    except ImportError:
        raise SettingsError(
            f"{PREFIX}TRACES needs two more packages: run pip install opentelemetry-sdk"
            " opentelemetry-exporter-otlp-proto-http."
        ) from None
