"""Metrics of this process, as Prometheus reads them; ``docs/metrics.md`` explains each.

Labels take few values: routes are templates, statuses are classes, and nothing that a client makes
up is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.telemetry.counts import (
    CacheCounts,
    ChangeCounts,
    IngestionCounts,
    LiveCounts,
    PoolUse,
    ServersUse,
)
from gateway.telemetry.record import WEBSOCKET, RequestRecord

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STATEMENTS = (0, 1, 2, 3, 5, 8, 13, 21, 34)
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", WEBSOCKET})


class Metrics:
    """A registry of its own, and what fills it."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._sources = _Sources()
        self.registry.register(self._sources)
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
            shown = f"{status}xx" if status else "none"
            children = self._request_children[key] = (
                self._requests.labels(route, method, shown),
                self._seconds.labels(route),
            )
        return children

    def batch(self, loader: str, size: int) -> None:
        """Count the keys of a batch; ``loader`` is one of few names."""
        child = self._batch_children.get(loader)
        if child is None:
            child = self._batch_children[loader] = self._batches.labels(loader)
        child.observe(size)

    def watch_pool(self, use: Callable[[], PoolUse]) -> None:
        """Show the database's connections."""
        self._sources.pool = use

    def watch_servers(self, use: ServersUse) -> None:
        """Show the database servers that may be read from."""
        self._sources.servers = use

    def watch_consistency_tokens(self, counts: Mapping[str, int]) -> None:
        """Show what became of the consistency tokens of requests, by result."""
        self._sources.tokens = counts

    def watch_connections(self, count: Callable[[], int], closed: Mapping[str, int]) -> None:
        """Show the connections with clients, and why the server closed some."""
        self._sources.connections = count
        self._sources.closed = closed

    def watch_ingestion(self, counts: IngestionCounts) -> None:
        """Show what was taken in."""
        self._sources.ingestion = counts

    def watch_changes(self, counts: ChangeCounts) -> None:
        """Show how the change log was read."""
        self._sources.changes = counts

    def watch_live(self, counts: LiveCounts) -> None:
        """Show what live answers do."""
        self._sources.live = counts

    def watch_masked_errors(self, count: Callable[[], int]) -> None:
        """Show how many errors were masked."""
        self._sources.masked = count

    def watch_cache(self, name: str, counts: Callable[[], CacheCounts]) -> None:
        """Show a cache under a name of its own."""
        self._sources.caches[name] = counts

    def watch_memory(self, name: str, size: Callable[[], int]) -> None:
        """Show how many bytes a cache takes."""
        self._sources.memory[name] = size


class _Sources(Collector):
    """What others count, read when Prometheus asks."""

    def __init__(self) -> None:
        self.pool: Callable[[], PoolUse] | None = None
        self.servers: ServersUse | None = None
        self.tokens: Mapping[str, int] = {}
        self.connections: Callable[[], int] | None = None
        self.closed: Mapping[str, int] = {}
        self.ingestion: IngestionCounts | None = None
        self.changes: ChangeCounts | None = None
        self.live: LiveCounts | None = None
        self.masked: Callable[[], int] | None = None
        self.caches: dict[str, Callable[[], CacheCounts]] = {}
        self.memory: dict[str, Callable[[], int]] = {}

    def collect(self) -> Iterable[Metric]:
        """All families, also those without a source yet."""
        yield from self._of_connections()
        yield from self._of_pool()
        yield from self._of_servers()
        yield from self._of_caches()
        yield self._of_changes()
        yield from self._of_ingestion()
        yield from self._of_live()
        masked = None if self.masked is None else self.masked()
        yield CounterMetricFamily(
            "stats_gateway_masked_errors",
            "Internal errors, which clients see only as a reference.",
            value=masked,
        )

    def _of_connections(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "stats_gateway_connections",
            "Connections with clients.",
            value=None if self.connections is None else self.connections(),
        )
        closed = CounterMetricFamily(
            "stats_gateway_connections_closed",
            "Connections that the server closed, by the reason.",
            labels=["reason"],
        )
        for reason, number in list(self.closed.items()):
            closed.add_metric([reason], number)
        yield closed

    def _of_pool(self) -> Iterable[Metric]:
        use = None if self.pool is None else self.pool()
        yield GaugeMetricFamily(
            "stats_gateway_database_connections_in_use",
            "Database connections in use by operations.",
            value=None if use is None else use.in_use,
        )
        yield GaugeMetricFamily(
            "stats_gateway_database_connections",
            "Most database connections of the process: STATS_GATEWAY_DATABASE_CONNECTIONS.",
            value=None if use is None else use.size,
        )

    def _of_servers(self) -> Iterable[Metric]:
        use = self.servers
        labels = ["server", "role"]
        reading = GaugeMetricFamily(
            "stats_gateway_database_server_read",
            "1 for the database server that answers are read from, 0 for the others.",
            labels=labels,
        )
        up = GaugeMetricFamily(
            "stats_gateway_database_server_up",
            "1 for database servers that answer, 0 for the others.",
            labels=labels,
        )
        lag = GaugeMetricFamily(
            "stats_gateway_database_server_lag_seconds",
            "How far database servers were behind the primary when they answered last.",
            labels=labels,
        )
        for place, server in enumerate(() if use is None else use.servers):
            names = [server.shown, server.role]
            reading.add_metric(names, use is not None and place == use.current)
            up.add_metric(names, server.answers)
            lag.add_metric(names, server.lag_seconds)
        moves = CounterMetricFamily(
            "stats_gateway_database_server_moves",
            "How often reads went on at another database server.",
            value=None if use is None else use.moves,
        )
        tokens = CounterMetricFamily(
            "stats_gateway_consistency_tokens",
            "Requests with consistency tokens, by what became of the newest; and tokens that were "
            "ignored.",
            labels=["result"],
        )
        for result, number in self.tokens.items():
            tokens.add_metric([result], number)
        yield from (reading, up, lag, moves, tokens)

    def _of_caches(self) -> Iterable[Metric]:
        hits = CounterMetricFamily("stats_gateway_cache_hits", "Cache hits.", labels=["cache"])
        misses = CounterMetricFamily(
            "stats_gateway_cache_misses", "Cache misses.", labels=["cache"]
        )
        entries = GaugeMetricFamily(
            "stats_gateway_cache_entries", "Entries in caches.", labels=["cache"]
        )
        for name, counts in list(self.caches.items()):
            now = counts()
            hits.add_metric([name], now.hits)
            misses.add_metric([name], now.misses)
            entries.add_metric([name], now.entries)
        sizes = GaugeMetricFamily(
            "stats_gateway_cache_bytes", "Estimated memory of caches, in bytes.", labels=["cache"]
        )
        for name, size in self.memory.items():
            sizes.add_metric([name], size())
        yield from (hits, misses, entries, sizes)

    def _of_changes(self) -> Metric:
        reads = CounterMetricFamily(
            "stats_gateway_change_log_reads",
            "Reads of the change log, by what they meant for cached data.",
            labels=["result"],
        )
        if self.changes is not None:
            for result in ("continued", "restarted", "failed"):
                reads.add_metric([result], getattr(self.changes, result))
        return reads

    def _of_live(self) -> Iterable[Metric]:
        counts = self.live
        yield GaugeMetricFamily(
            "stats_gateway_live_streams",
            "Live operations (subscriptions) under way.",
            value=None if counts is None else counts.streams,
        )
        yield GaugeMetricFamily(
            "stats_gateway_live_watched",
            "Different operations and viewers of these: each is evaluated for itself.",
            value=None if counts is None else counts.operations,
        )
        yield CounterMetricFamily(
            "stats_gateway_live_ticks",
            "Looks for changes.",
            value=None if counts is None else counts.ticks,
        )
        yield CounterMetricFamily(
            "stats_gateway_live_tick_seconds",
            "How long looks for changes took, with all evaluations.",
            value=None if counts is None else counts.tick_seconds,
        )
        evaluations = CounterMetricFamily(
            "stats_gateway_live_evaluations",
            "Evaluations of live operations after the first, by outcome.",
            labels=["result"],
        )
        frames = CounterMetricFamily(
            "stats_gateway_live_frames",
            "Answers of live operations, by what became of them.",
            labels=["result"],
        )
        if counts is not None:
            for result in ("changed", "unchanged", "failed"):
                evaluations.add_metric([result], getattr(counts, result))
            for result in ("sent", "overtaken"):
                frames.add_metric([result], getattr(counts, result))
        yield from (evaluations, frames)

    def _of_ingestion(self) -> Iterable[Metric]:
        counts = self.ingestion
        yield CounterMetricFamily(
            "stats_gateway_ingestion_batches",
            "Batches of events that were committed.",
            value=None if counts is None else counts.batches,
        )
        events = CounterMetricFamily(
            "stats_gateway_ingestion_events",
            "Events of those batches, by outcome.",
            labels=["result"],
        )
        if counts is not None:
            for result in ("stored", "unchanged", "replaced", "rejected", "ignored"):
                events.add_metric([result], getattr(counts, result))
        yield events
        left_out = CounterMetricFamily(
            "stats_gateway_ingestion_left_out",
            "Events that were stored without unusable parts, by part.",
            labels=["what"],
        )
        if counts is not None:
            for what, count in sorted(counts.left_out.items()):
                left_out.add_metric([what], count)
        yield left_out
