"""Who is told what operations read: metrics and traces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from gateway.telemetry.around_statement import AroundStatement
from gateway.telemetry.configuration import Telemetry

#: Told the name of a loader and how many keys it answers at once.
CountBatch = Callable[[str, int], None]
#: Entered around a batch; told how many keys it has.
AroundBatch = Callable[[int], AbstractContextManager[None]]


class Watch(NamedTuple):
    """Made once for a process; ``around_statement`` is for the snapshots of operations."""

    count_batch: CountBatch | None = None
    around_batch: AroundBatch | None = None
    around_statement: AroundStatement | None = None


#: Tells nobody.
UNWATCHED = Watch()


def watch_by(telemetry: Telemetry) -> Watch:
    """What tells the metrics and the traces that are switched on."""
    metrics, tracing = telemetry.metrics, telemetry.tracing
    return Watch(
        metrics.batch if metrics else None,
        tracing.batch if tracing else None,
        telemetry.around_statement,
    )
