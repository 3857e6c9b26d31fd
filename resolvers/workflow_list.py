"""Lists of workflows, of the site and of a project, by pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import strawberry

from gateway.arguments import read_page
from gateway.directory import workflows
from gateway.directory.listing import ListOrder, SortKey
from gateway.directory.name_lists import NameList
from gateway.name_keys import matches, order_key
from gateway.stats.subject import Kind, Question, Selection
from resolvers.arguments import given
from resolvers.connections import Connection, Edge, Page, page_of
from resolvers.context import Info
from resolvers.enums import WorkflowOrder
from resolvers.listing import LIST_PAGE, Order, load_page, order_of
from resolvers.rows import row
from resolvers.workflow import Workflow

ActiveArgument = Annotated[
    bool | None,
    strawberry.argument(description="true: only active workflows; false: only inactive ones."),
]
WorkflowOrderArgument = Annotated[
    WorkflowOrder | None, strawberry.argument(description="Which come first; ties by ascending id.")
]


@row
@strawberry.type(description="A workflow, and where it stands in a list.")
class WorkflowEdge(Edge[Workflow]):
    """A workflow and its cursor."""


@strawberry.type(description="A page of a list of workflows.")
class WorkflowConnection(Connection[Workflow, WorkflowEdge]):
    """Workflows in an order."""

    total_count: int = strawberry.field(description="Workflows on all pages.")


class WorkflowListArguments(NamedTuple):
    """The arguments of a list of workflows, as the client sent them."""

    search: str | None
    active: bool | None
    order_by: WorkflowOrder | None
    first: int | None
    after: str | None

    def order(self) -> Order:
        """How the list is narrowed and ordered; OutOfBounds for a search that is too long."""
        by = ListOrder(given(self.order_by, WorkflowOrder.NAME).value)
        if self.active is None:
            return order_of(NameList.WORKFLOWS, self.search, by)
        which = NameList.ACTIVE_WORKFLOWS if self.active else NameList.INACTIVE_WORKFLOWS
        return order_of(which, self.search, by)


async def list_workflows(info: Info, arguments: WorkflowListArguments) -> WorkflowConnection:
    """A page of the site's workflows that a search finds."""
    page, total = await load_page(info, arguments.order(), arguments.first, arguments.after)
    ids = [item.entity_id for item in page.items]
    records = await info.context.loaders.workflows.load_many(ids)
    return _connection(info, page, [one for one in records if one is not None], total)


async def list_workflows_of_project(
    info: Info, project_id: int, arguments: WorkflowListArguments
) -> WorkflowConnection:
    """A page of a project's workflows that a search finds, by the same rules.

    A project has few workflows, so all of them are read and put in order here: in one statement
    for any number of projects, and one more by activity.
    """
    order, active = arguments.order(), arguments.active
    size, behind = read_page(given(arguments.first, LIST_PAGE)), order.read(arguments.after)
    found = [
        one
        for one in await info.context.loaders.workflows_by_project.load(project_id)
        if (active is None or one.active is active)
        and (order.search is None or matches(one.display_name or "", order.search))
    ]
    items = await _sorted(info, found, order.by)
    if behind is not None:
        items = [one for one in items if _ordering(one, order.by) > _ordering(behind, order.by)]
    page = page_of(items, size, arguments.after, order.cursor)
    records = {one.id: one for one in found}
    on_page = [records[item.entity_id] for item in page.items]
    return _connection(info, page, on_page, len(found))


async def _sorted(info: Info, found: Sequence[workflows.Workflow], by: ListOrder) -> list[SortKey]:
    """The values and ids of the workflows in an order, sorted by it."""
    loaders, ids = info.context.loaders, [one.id for one in found]
    values: Sequence[int | str] = ids
    if by is ListOrder.NAME:
        values = [order_key(one.display_name or "") for one in found]
    elif by is ListOrder.COUNT:
        always = Question(Kind.WORKFLOW, Selection())
        values = [sums.n for sums in await loaders.totals.load_many((always, one) for one in ids)]
    elif by is ListOrder.LAST_DAY:
        values = await loaders.workflow_last_days.load_many(ids)
    items = map(SortKey, values, ids)
    return sorted(items, key=lambda item: _ordering(item, by))


def _ordering(item: SortKey, by: ListOrder) -> tuple[int | str, int]:
    value, entity_id = item
    if by in (ListOrder.COUNT, ListOrder.LAST_DAY):
        value = -int(value)
    return value, entity_id


def _connection(
    info: Info, page: Page[SortKey], records: Sequence[workflows.Workflow], total: int
) -> WorkflowConnection:
    nodes = [Workflow.of(one) for one in records]
    return WorkflowConnection(**page.parts(info, WorkflowEdge, nodes), total_count=total)
