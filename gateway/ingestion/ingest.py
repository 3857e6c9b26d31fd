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
    """Ingested batch, as it was stored, and its outcome."""

    batch: Batch
    outcome: Outcome
    #: Workflows and events whose project an export decided.
    followed: Followed
    assigned: AssignedProjects


def ingest(connection: Connection, batch: Batch, export: Export | None = None) -> Ingested:
    """Store a batch of the stream or of a file; in a writing transaction.

    ``export`` is the export that the batch is read from, if any: it decides the projects of its
    events, and the as-of time of its names. Call :meth:`Export.note` once the transaction is
    committed.
    """
    if export is None:
        outcome = apply_batch(connection, batch)
        store_names(connection, batch.names)
        return Ingested(batch, outcome, Followed(), AssignedProjects())
    resolved, followed = follow(connection, batch, export.project_id, move=export.move)
    assigned = AssignedProjects(export.move)
    outcome = apply_batch(connection, resolved, assigned)
    store_names(connection, resolved.names, export.newest_with(resolved), note_again=False)
    return Ingested(resolved, outcome, followed, assigned)
