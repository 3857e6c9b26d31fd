"""Metrics sources: connects the services of a process to the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gateway.db.compiled import statements_size
from gateway.http.media import headers_size
from gateway.services import Services
from gateway.telemetry.counts import CacheCounts
from gateway.telemetry.metrics import Metrics


def watch_services(metrics: Metrics, services: Services) -> None:
    """Let the metrics read the state of all services whenever they are asked for."""
    sources = metrics.sources
    sources.pool = lambda: services.database.pool
    sources.servers = services.database.read_servers
    sources.tokens = services.consistent_reads.counts
    sources.connections = lambda: services.connections.open
    sources.closed = services.connections.closed
    sources.changes = services.changes
    sources.ingestion = services.intake.counters
    sources.live = services.live_answers.counts
    sources.masked = lambda: services.mask.masked
    sources.caches.update(_caches(services))
    sources.memory.update(_memory(services))


def _caches(services: Services) -> Iterator[tuple[str, Callable[[], CacheCounts]]]:
    """Caches by name: how to read their hits, misses and entries."""
    documents, bodies = services.executor.documents, services.compressed_bodies
    yield "documents", lambda: documents.counts
    yield "compressed", lambda: bodies.counts
    if (cache := services.read_cache) is not None:
        yield "facts", lambda: cache.counts
    if (responses := services.responses) is not None:
        yield "answers", lambda: responses.counts


def _memory(services: Services) -> Iterator[tuple[str, Callable[[], int]]]:
    """What grows in memory, by name: how to read its bytes."""
    executor = services.executor
    yield "documents", partial(executor.documents.size, "documents")
    yield "plans", partial(executor.documents.size, "plans")
    yield "variables", partial(executor.documents.size, "variables")
    yield "persisted", lambda: executor.persisted.size
    yield "compressed", lambda: services.compressed_bodies.size
    yield "tokens", lambda: services.authenticator.cached_bytes
    yield "headers", headers_size
    yield "statements", statements_size
    yield "changes", lambda: services.changes.size
    yield "live", lambda: services.live_answers.counts.size
    if (budget := services.budget) is not None:
        yield "budgets", lambda: budget.size
    if (cache := services.read_cache) is not None:
        yield "facts", lambda: cache.entries.size
    if (responses := services.responses) is not None:
        yield "answers", lambda: responses.size
