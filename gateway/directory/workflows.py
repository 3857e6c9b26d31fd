"""Workflows, and the progress of their subjects."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row, select

from gateway.db.ids import among
from gateway.db.tables import workflow


class Workflow(NamedTuple):
    """A workflow; what no source has is None."""

    id: int
    project_id: int | None = None
    display_name: str | None = None
    active: bool | None = None
    #: From 0 (nothing retired) to 1.
    completeness: float | None = None
    subjects_count: int | None = None
    #: Classifications a subject needs before it retires; None when that is not the criterion.
    retirement_count: int | None = None


def workflow_of(row: Row[Any]) -> Workflow:
    """The workflow in a row of this module's statements."""
    return Workflow._make(row)


_COLUMNS = (
    workflow.c.id,
    workflow.c.project_id,
    workflow.c.display_name,
    workflow.c.active,
    workflow.c.completeness,
    workflow.c.subjects_count,
    workflow.c.retirement_count,
)

#: The workflows with these ``ids``, in no particular order.
WORKFLOWS_BY_ID = select(*_COLUMNS).where(among(workflow.c.id, "ids"))

#: The workflows of projects (``ids``), active or not, by ascending id.
WORKFLOWS_BY_PROJECT = (
    select(*_COLUMNS)
    .where(among(workflow.c.project_id, "ids"))
    .order_by(workflow.c.project_id, workflow.c.id)
)
