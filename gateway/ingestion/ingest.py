"""Ingest a batch: its events, their rollups and the names it brings, in one transaction."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from gateway.directory.store_names import store_names
from gateway.directory.workflow_projects import Followed, follow
from gateway.events.event import Batch
from gateway.ingestion.export import Export
from gateway.rollups.apply_batch import Outcome, apply_batch
from gateway.rollups.assigned import AssignedProjects


class Ingested(NamedTuple):
    """A batch as it was stored, and what became of its events."""

    batch: Batch
    outcome: Outcome
    #: Workflows and events whose project an export decided.
    followed: Followed
    assigned: AssignedProjects


def ingest(connection: Connection, batch: Batch, export: Export | None = None) -> Ingested:
    """Store a batch of the stream or of a file; in a writing transaction.

    ``export`` is the classification or comment export that the batch is read from, if it is: that
    decides which projects its events count to, and as of when its names are said. It is told by
    :meth:`Export.note` once the transaction is committed.
    """
    if export is None:
        outcome = apply_batch(connection, batch)
        store_names(connection, batch.names)
        return Ingested(batch, outcome, Followed(), AssignedProjects())
    settled, followed = follow(connection, batch, export.project_id, move=export.move)
    assigned = AssignedProjects(export.move)
    outcome = apply_batch(connection, settled, assigned)
    store_names(connection, settled.names, export.newest_with(settled), note_again=False)
    return Ingested(settled, outcome, followed, assigned)
