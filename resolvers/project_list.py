"""The list of the site's projects, by pages."""

from __future__ import annotations

from typing import Annotated

import strawberry

from gateway.directory.listing import ListOrder
from gateway.directory.name_lists import NameList
from resolvers.arguments import given
from resolvers.connections import NODES, Connection, Edge
from resolvers.context import Info
from resolvers.contributions import load_projects
from resolvers.enums import ProjectOrder
from resolvers.listing import load_page, order_of
from resolvers.project import Project
from resolvers.rows import row

ProjectOrderArgument = Annotated[
    ProjectOrder | None, strawberry.argument(description="Which come first; ties by ascending id.")
]


@row
@strawberry.type(description="A project, and where it stands in a list.")
class ProjectEdge(Edge[Project]):
    """A project and its cursor."""


@strawberry.type(description="A page of a list of projects.")
class ProjectConnection(Connection[Project, ProjectEdge]):
    """Projects in an order."""

    total_count: int = strawberry.field(description="Projects on all pages.")


async def list_projects(
    info: Info,
    search: str | None,
    order_by: ProjectOrder | None,
    first: int | None,
    after: str | None,
) -> ProjectConnection:
    """A page of the projects that a search finds."""
    by = ListOrder(given(order_by, ProjectOrder.NAME).value)
    page, total = await load_page(info, order_of(NameList.PROJECTS, search, by), first, after)
    ids = [item.entity_id for item in page.items]
    projects = await load_projects(info, ids, *NODES)
    nodes = [projects[one] for one in ids]
    return ProjectConnection(**page.parts(info, ProjectEdge, nodes), total_count=total)
