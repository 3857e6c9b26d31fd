"""Which project a workflow belongs to, where that is known."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db.tables import workflow

#: Workflow id and project id of every workflow whose project is known.
WORKFLOW_PROJECTS = select(workflow.c.id, workflow.c.project_id).where(
    workflow.c.project_id.is_not(None)
)
