"""Contributions by project, of a volunteer or a group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from gateway.calendar import day_date
from gateway.execution_hints import hints
from gateway.loaders.statistics import (
    Contribution,
    Contributions,
    most_recent_first,
    most_time_first,
)
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.enums import ContributionOrder
from resolvers.lookahead import selects
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt

if TYPE_CHECKING:
    from resolvers.project import Project

R = TypeVar("R", bound=Row)


@row
@strawberry.type(description="Classifications in one project.")
class ProjectContribution(Row):
    """One project's share of somebody's classifications."""

    project: Annotated[Project, strawberry.lazy("resolvers.project")] | None = strawberry.field(
        description="The project; null for classifications that name none.",
        # Contributions of many members share one object.
        metadata=hints(shared=True),
    )
    count: SafeInt = strawberry.field(
        description="Classifications in the project, within the range and scope of the statistic."
    )
    time_spent: float = strawberry.field(description="Session time in the project, in seconds.")
    last_contributed_on: date | None = strawberry.field(
        description="Day of the last classification in the project within the range."
    )


async def load_contributions(
    info: Info, question: Question, subject_id: int, first: int | None, order: ContributionOrder
) -> list[ProjectContribution]:
    """A subject's contributions in order, with the details of them that the operation selects."""
    loaders, key = info.context.loaders, (question, subject_id)
    with_days = order is ContributionOrder.MOST_RECENT or selects_last_day(info)
    last_days = loaders.last_days.load(key) if with_days else None
    sums, days = await load_arranged(loaders.contributions.load(key), last_days, order)
    sums = sums[:first]
    projects = await load_projects(info, (one.id for one in sums), ("project",))
    return contributions(ProjectContribution, sums, projects, days)


async def load_arranged(
    loading: asyncio.Future[Contributions],
    last_days: asyncio.Future[Mapping[int, int]] | None,
    order: ContributionOrder,
) -> tuple[Sequence[Contribution], Mapping[int, int]]:
    """A subject's sums in order, and the last days if these are being loaded."""
    if last_days is None:
        return arranged(await loading, order, {}), {}
    sums, days = await asyncio.gather(loading, last_days)
    return arranged(sums, order, days), days


def arranged(
    sums: Sequence[Contribution], order: ContributionOrder, days: Mapping[int, int]
) -> Sequence[Contribution]:
    """Sort sums that come with most events first; ``MOST_RECENT`` needs the last days."""
    if order is ContributionOrder.MOST_TIME:
        return most_time_first(sums)
    return most_recent_first(sums, days) if order is ContributionOrder.MOST_RECENT else sums


async def load_projects(
    info: Info, project_ids: Iterable[int], *paths: tuple[str, ...]
) -> Mapping[int, Project]:
    """Projects by id; their names are read only if the operation selects them at a path."""
    from resolvers.project import Project

    ids = sorted({project_id for project_id in project_ids if project_id})
    if not any(selects(info, *path, beyond={"id"}) for path in paths):
        return {project_id: Project.of(project_id) for project_id in ids}
    records = await info.context.loaders.projects.load_many(ids)
    return dict(zip(ids, map(Project.of, ids, records), strict=True))


def contributions(
    kind: type[R], sums: Iterable[Contribution], found: Mapping[int, Any], days: Mapping[int, int]
) -> list[R]:
    """Convert sums to contributions to the projects or workflows that were found."""
    get = found.get
    if not days:
        return [made(kind, (get(one), n, ms / 1000, None)) for one, n, ms in sums]
    return [
        made(kind, (get(one), n, ms / 1000, day_date(days[one]) if one in days else None))
        for one, n, ms in sums
    ]


def selects_last_day(info: Info, *path: str) -> bool:
    """Whether the last day of the contributions at a path is selected."""
    return selects(info, *path, beyond={"project", "workflow", "count", "timeSpent"})
