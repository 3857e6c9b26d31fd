"""Metrics from counters of other parts of a process; ``docs/metrics.md`` explains each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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


class Sources(Collector):
    """Collects other parts' counters; a missing source gives families without values."""

    def __init__(self) -> None:
        self.pool: Callable[[], PoolUse] | None = None
        self.servers: ServersUse | None = None
        #: What became of the consistency tokens of requests, by result.
        self.tokens: Mapping[str, int] = {}
        self.connections: Callable[[], int] | None = None
        #: Connections that the server closed, by the reason.
        self.closed: Mapping[str, int] = {}
        self.ingestion: IngestionCounts | None = None
        self.changes: ChangeCounts | None = None
        self.live: LiveCounts | None = None
        #: How many errors were masked.
        self.masked: Callable[[], int] | None = None
        #: By the names of caches, and of what grows in memory: the latter in bytes.
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
        for index, server in enumerate(() if use is None else use.servers):
            names = [server.redacted, server.role]
            reading.add_metric(names, use is not None and index == use.current)
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
            frames.add_metric(["sent"], counts.sent)
            # The label is older than the word for it.
            frames.add_metric(["overtaken"], counts.superseded)
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
