"""Observers of what operations read: metrics and traces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from gateway.telemetry.around_statement import AroundStatement
from gateway.telemetry.configuration import Telemetry

#: Called with the name of a loader and the number of its keys in a batch.
CountBatch = Callable[[str, int], None]
#: Called with how many roles an answer leaves out, as the schema does not know them.
CountRoles = Callable[[int], None]
#: Entered around a batch; called with the number of its keys.
AroundBatch = Callable[[int], AbstractContextManager[None]]


class Watch(NamedTuple):
    """The observers of a process; ``around_statement`` is for the snapshots of operations."""

    count_batch: CountBatch | None = None
    around_batch: AroundBatch | None = None
    around_statement: AroundStatement | None = None
    count_unknown_roles: CountRoles | None = None


#: Without observers.
UNWATCHED = Watch()


def watch_by(telemetry: Telemetry) -> Watch:
    """The metrics and traces that are switched on."""
    metrics, tracing = telemetry.metrics, telemetry.tracing
    return Watch(
        metrics.batch if metrics else None,
        tracing.batch if tracing else None,
        telemetry.around_statement,
        metrics.unknown_roles if metrics else None,
    )
