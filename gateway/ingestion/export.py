"""An export while it is ingested: a snapshot of its project, as of the day it was made."""

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
    """What is known of one export so far; it is read batch by batch.

    Its names are those of the day on which it was made, beside rows of any age: they are as old
    as its newest row, which is known when all were read. Until then they are taken to be as old
    as the newest row so far, so that what was stored has names whatever happens.

    ``project_id`` is the project it is of, if somebody told it; with ``move`` its events and
    workflows go there from other projects.
    """

    def __init__(self, project_id: int | None, *, move: bool) -> None:
        self.project_id = project_id
        self.move = move
        self._names = Names()
        self._newest = 0

    def newest_with(self, batch: Batch) -> int:
        """The time of the newest event so far, those of ``batch`` included, in microseconds."""
        times: Iterator[int] = map(_time_of, chain(batch.classifications, batch.comments))
        return max(chain([self._newest], times))

    def note(self, batch: Batch) -> None:
        """Keep what a committed batch, as it was stored, says for :meth:`finish`."""
        merge_names(self._names, batch.names)
        self._newest = self.newest_with(batch)

    def finish(self, connection: Connection) -> None:
        """Say all names as of the newest row; in a writing transaction, after the last batch."""
        workflows: dict[int, tuple[int | None, str | None]] = {
            key: (None, name) for key, (_, name) in self._names.workflows.items()
        }
        store_names(connection, replace(self._names, workflows=workflows), self._newest)
