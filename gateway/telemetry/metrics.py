"""Metrics of this process, as Prometheus reads them; ``docs/metrics.md`` explains each.

Labels take few values: routes are templates, statuses are classes, and nothing that a client makes
up is one.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from gateway.telemetry.record import WEBSOCKET, RequestRecord
from gateway.telemetry.sources import Sources

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STATEMENTS = (0, 1, 2, 3, 5, 8, 13, 21, 34)
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", WEBSOCKET})


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        #: What others count.
        self.sources = Sources()
        self.registry.register(self.sources)
        Gauge(
            "stats_gateway_build_info",
            "The version that runs; always 1.",
            ["version"],
            registry=self.registry,
        ).labels(version).set(1)
        self._in_progress = Gauge(
            "stats_gateway_requests_in_progress",
            "Requests in progress, but for open streams.",
            registry=self.registry,
        )
        self._requests = Counter(
            "stats_gateway_requests",
            "Requests that were answered, or whose client disconnected first.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "stats_gateway_request_seconds",
            "How long requests took, until their last byte was sent or their stream was open.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._operations = Counter(
            "stats_gateway_operations",
            "GraphQL operations by outcome.",
            ["result"],
            registry=self.registry,
        )
        self._phases = Histogram(
            "stats_gateway_operation_phase_seconds",
            "How long the phases of operations took.",
            ["phase"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._statements = Histogram(
            "stats_gateway_operation_statements",
            "Database statements that an operation took.",
            buckets=_STATEMENTS,
            registry=self.registry,
        )
        self._batches = Histogram(
            "stats_gateway_loader_batch_size",
            "Keys that loaders fetched in one batch.",
            ["loader"],
            buckets=_BATCH,
            registry=self.registry,
        )
        self._unknown_roles = Counter(
            "stats_gateway_unknown_roles",
            "Roles of memberships that answers left out, since the schema does not know them.",
            registry=self.registry,
        )
        self._group_commands = Counter(
            "stats_gateway_group_commands",
            "Commands that were to change groups, memberships, goals or certificates, by what "
            "came of them.",
            ["command", "outcome"],
            registry=self.registry,
        )
        self._errors = Counter(
            "stats_gateway_errors",
            "Requests, and operations on WebSockets, whose answer has an error of this code.",
            ["code"],
            registry=self.registry,
        )
        self._credentials = Counter(
            "stats_gateway_refused_credentials",
            "Credentials that were refused, by what is wrong with them.",
            ["reason"],
            registry=self.registry,
        )
        # Looking a child up by its labels costs several times what counting costs.
        self._request_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._operation_children: dict[str, Counter] = {}
        self._phase_children: dict[str, Histogram] = {}
        self._batch_children: dict[str, Histogram] = {}

    def unknown_roles(self, number: int) -> None:
        """Count roles that an answer left out."""
        self._unknown_roles.inc(number)

    def group_command(self, command: str, outcome: str) -> None:
        """Count a command; both are names out of few."""
        self._group_commands.labels(command, outcome).inc()

    def began(self) -> None:
        """Count a request that is under way."""
        self._in_progress.inc()

    def opened(self) -> None:
        """The answer of a request is a stream, which is open."""
        self._in_progress.dec()

    def ended(self, record: RequestRecord, seconds: float) -> None:
        """Count a request that is over; it took so long."""
        requests, duration = self._request_child(record)
        requests.inc()
        if record.open_after is None:
            self._in_progress.dec()
            duration.observe(seconds)
        else:
            duration.observe(record.open_after)
        for code in record.errors:
            self._errors.labels(code).inc()
        if record.credentials is not None:
            self._credentials.labels(record.credentials).inc()
        if record.result is None:
            return
        result = record.result.value
        operations = self._operation_children.get(result)
        if operations is None:
            operations = self._operation_children[result] = self._operations.labels(result)
        operations.inc()
        self._statements.observe(record.statements)
        for name, started, ended in record.phases:
            child = self._phase_children.get(name)
            if child is None:
                child = self._phase_children[name] = self._phases.labels(name)
            child.observe(ended - started)

    def _request_child(self, record: RequestRecord) -> tuple[Counter, Histogram]:
        route = record.route or "none"
        method = record.method if record.method in _METHODS else "other"
        status = (record.status or 0) // 100
        key = (route, method, status)
        children = self._request_children.get(key)
        if children is None:
            status_class = f"{status}xx" if status else "none"
            children = self._request_children[key] = (
                self._requests.labels(route, method, status_class),
                self._seconds.labels(route),
            )
        return children

    def batch(self, loader: str, size: int) -> None:
        """Count the keys of a batch; ``loader`` is one of few names."""
        child = self._batch_children.get(loader)
        if child is None:
            child = self._batch_children[loader] = self._batches.labels(loader)
        child.observe(size)
