"""Storing what an export says: a snapshot of its project, as of the day on which it was made."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.directory.learn import learn
from gateway.directory.workflow_projects import Followed, follow
from gateway.events.event import Batch, Names
from gateway.events.mentions import mention_again
from gateway.rollups.assigned import AssignedProjects
from gateway.rollups.ingest import Outcome, apply_batch

_time_of = attrgetter("event_time")


class Stored(NamedTuple):
    """A batch as it was stored, and what became of it."""

    batch: Batch
    outcome: Outcome
    followed: Followed
    assigned: AssignedProjects
    #: The latest event of an export so far, in microseconds.
    newest: int = 0


class Export:
    """One export while it is stored, batch by batch.

    Its names are those of the day on which it was made, beside rows of any age: they are as old
    as its newest row, which is known when all were read. Until then they are taken to be as old
    as the newest row so far, so that what was stored has names whatever happens.
    """

    def __init__(self, project_id: int | None, *, move: bool) -> None:
        self._project_id = project_id
        self._move = move
        self._names = Names()
        self._newest = 0

    def store(self, connection: Connection, batch: Batch) -> Stored:
        """Store a batch, in a writing transaction; to be told to :meth:`note` when committed."""
        settled, followed = follow(connection, batch, self._project_id, move=self._move)
        assigned = AssignedProjects(self._move)
        outcome = apply_batch(connection, settled, assigned)
        events = chain(settled.classifications, settled.comments)
        newest = max(chain([self._newest], map(_time_of, events)))
        learn(connection, settled.names, newest, note_again=False)
        return Stored(settled, outcome, followed, assigned, newest)

    def note(self, stored: Stored) -> None:
        """Keep what a committed batch said for :meth:`finish`."""
        mention_again(self._names, stored.batch.names)
        self._newest = stored.newest

    def finish(self, connection: Connection) -> None:
        """Say all names as of the newest row; in a writing transaction, after the last batch."""
        workflows: dict[int, tuple[int | None, str | None]] = {
            key: (None, name) for key, (_, name) in self._names.workflows.items()
        }
        learn(connection, replace(self._names, workflows=workflows), self._newest)
