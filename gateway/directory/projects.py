"""Projects and their names."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row, select

from gateway.db.ids import among
from gateway.db.tables import project


class Project(NamedTuple):
    """A project; names are None where no source has given them."""

    id: int
    slug: str | None
    display_name: str | None


def project_of(row: Row[Any]) -> Project:
    """The project in a row of ``PROJECTS_BY_ID``."""
    return Project._make(row)


#: The projects with these ``ids``, in no particular order.
PROJECTS_BY_ID = select(project.c.id, project.c.slug, project.c.display_name).where(
    among(project.c.id, "ids")
)

#: All projects and what they are called.
PROJECT_NAMES = select(project.c.id, project.c.display_name)
