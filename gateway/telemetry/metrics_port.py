"""Metrics port: where Prometheus scrapes, apart from the service's; one per worker process."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

logger = logging.getLogger(__name__)


def metrics_ports(port: int, workers: int) -> range:
    """The ports that workers take, the first free one each.

    One more than there are workers: while one is replaced, both its successor and it are there.
    """
    return range(port, min(port + workers + (workers > 1), 65536))


@contextmanager
def metrics_served(registry: CollectorRegistry, host: str, ports: range) -> Iterator[int | None]:
    """Serve the metrics on the first free port, in a thread, until the end of the block.

    Without a free one the service goes on and the log says so: counting is not worth an outage.
    """
    for port in ports:
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        logger.info("Metrics are at http://%s:%s/metrics", _url_host(host), port)
        try:
            yield port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        return
    logger.warning("No port from %s to %s is free: metrics are not served.", ports[0], ports[-1])
    yield None


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
