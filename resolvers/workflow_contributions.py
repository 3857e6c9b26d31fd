"""Contributions by workflow, of a volunteer or a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.directory import workflows
from gateway.execution_hints import hints
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.contributions import contributions, load_arranged, selects_last_day
from resolvers.costs import costs
from resolvers.enums import ContributionOrder
from resolvers.lookahead import selects
from resolvers.rows import Row, row
from resolvers.scalars import SafeInt

if TYPE_CHECKING:
    from resolvers.workflow import Workflow


@row
@strawberry.type(description="What somebody classified in one workflow.")
class WorkflowContribution(Row):
    """One workflow's share of somebody's classifications."""

    workflow: Annotated[Workflow, strawberry.lazy("resolvers.workflow")] | None = strawberry.field(
        description="Where it was done; null for classifications that name no workflow.",
        # Contributions of many members share one object.
        metadata=hints(shared=True),
    )
    count: SafeInt = strawberry.field(
        description="Classifications in the workflow, within the range and scope of the statistic."
    )
    time_spent: float = strawberry.field(description="Session time in the workflow, in seconds.")
    last_contributed_on: date | None = strawberry.field(
        description="Day of the last classification in the workflow within the range; the days of "
        "the range are read for it.",
        directives=[costs(5)],
    )


async def load_workflow_contributions(
    info: Info, question: Question, subject_id: int, first: int | None, order: ContributionOrder
) -> list[WorkflowContribution]:
    """A subject's contributions in order, with the details of them that the operation selects."""
    loaders, key = info.context.loaders, (question, subject_id)
    with_days = order is ContributionOrder.MOST_RECENT or selects_last_day(info)
    last_days = loaders.last_days_by_workflow.load(key) if with_days else None
    sums, days = await load_arranged(loaders.workflow_contributions.load(key), last_days, order)
    sums = sums[:first]
    found = await load_workflows(info, (one.id for one in sums), ("workflow",))
    return contributions(WorkflowContribution, sums, found, days)


async def load_workflows(
    info: Info, workflow_ids: Iterable[int], *paths: tuple[str, ...]
) -> Mapping[int, Workflow]:
    """Workflows by id; what the directory says is read only if the operation selects it."""
    from resolvers.workflow import Workflow

    ids = sorted({workflow_id for workflow_id in workflow_ids if workflow_id})
    wanted = any(selects(info, *path, beyond={"id"}) for path in paths)
    records = await info.context.loaders.workflows.load_many(ids if wanted else ())
    known = dict(zip(ids, records, strict=True)) if wanted else {}
    return {one: Workflow.of(known.get(one) or workflows.Workflow(one)) for one in ids}
