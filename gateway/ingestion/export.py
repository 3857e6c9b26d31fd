"""Export being ingested: a snapshot of its project, as of the day of the export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from operator import attrgetter

from sqlalchemy import Connection

from gateway.directory.store_names import store_names
from gateway.events.event import Batch, Names
from gateway.events.names import merge_names

_time_of = attrgetter("event_time")


class Export:
    """State of one export, which is read batch by batch.

    Its names are those of the day of the export, beside rows of any age: their as-of time is that
    of its newest row, which is known at the end. Until then it is that of the newest row so far,
    so that stored events have names even if the import stops.

    ``project_id`` is its project, if the importer gave one; with ``move`` its events and workflows
    go there from other projects.
    """

    def __init__(self, project_id: int | None, *, move: bool) -> None:
        self.project_id = project_id
        self.move = move
        self._names = Names()
        self._newest = 0

    def newest_with(self, batch: Batch) -> int:
        """Time of the newest event so far, with those of ``batch``, in microseconds."""
        times: Iterator[int] = map(_time_of, chain(batch.classifications, batch.comments))
        return max(chain([self._newest], times))

    def note(self, batch: Batch) -> None:
        """Record the names and times of a committed batch for :meth:`finish`."""
        merge_names(self._names, batch.names)
        self._newest = self.newest_with(batch)

    def finish(self, connection: Connection) -> None:
        """Store all names as of the newest row; in a writing transaction, after the last batch."""
        workflows: dict[int, tuple[int | None, str | None]] = {
            key: (None, name) for key, (_, name) in self._names.workflows.items()
        }
        store_names(connection, replace(self._names, workflows=workflows), self._newest)
