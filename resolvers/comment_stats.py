"""Totals and buckets of comments on Talk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.arguments import read_first
from gateway.execution_hints import batched_field, hints
from gateway.period import name_periods
from resolvers.arguments import given
from resolvers.buckets import CommentBucket, comment_buckets, load_buckets, periods_of_range
from resolvers.context import Info
from resolvers.contributions import load_projects
from resolvers.costs import about, costs, up_to
from resolvers.ranges import RangeArgument
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt
from resolvers.statistics import (
    A_YEAR_OF_DAYS,
    FillGapsArgument,
    FirstArgument,
    PeriodArgument,
    Statistics,
    first_days,
    last_days,
    total_counts,
)

if TYPE_CHECKING:
    from resolvers.project import Project


async def buckets_of_comments(
    stats: Sequence[CommentStats],
    info: Info,
    period: PeriodArgument = None,
    fill_gaps: FillGapsArgument = False,
) -> list[list[CommentBucket]]:
    """Comments by period."""
    subjects = [(one.question, one.subject_id) for one in stats]
    each = await load_buckets(info, subjects, period, fill_gaps=given(fill_gaps, False))
    return [comment_buckets(found) for found in each]


@strawberry.interface(
    description="What every statistic of comments on Talk has: of the site, a project or a "
    "volunteer."
)
class CommentStats(Statistics):
    """Counts, days and buckets of comments."""

    total_count: SafeInt = batched_field(
        total_counts,
        description="How many comments; each counts once, however often it is edited.",
        directives=[costs(1)],
    )
    first_day: date | None = batched_field(
        first_days,
        description="The first day of the range with comments; null without any.",
        directives=[costs(1)],
    )
    last_day: date | None = batched_field(
        last_days,
        description="The last day of the range with comments; null without any.",
        directives=[costs(1)],
    )

    buckets: list[CommentBucket] = batched_field(
        buckets_of_comments,
        description=f"Comments by {name_periods()} in UTC, ascending.",
        directives=[about(A_YEAR_OF_DAYS)],
        length=periods_of_range,
    )

    @strawberry.field(description="The same statistic in the same scope, of other days.")
    def compared_with(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
    ) -> Self | None:
        return self.over(range)


@strawberry.type(description="Comments on Talk of the whole site.")
class SiteCommentStats(CommentStats):
    """Comment statistics of the whole site."""


@strawberry.type(description="Comments on Talk about one project.")
class ProjectCommentStats(CommentStats):
    """Comment statistics of a project."""


@row
@strawberry.type(description="What a volunteer said about one project on Talk.")
class ProjectCommentContribution(Row):
    """One project's share of somebody's comments."""

    project: Annotated[Project, strawberry.lazy("resolvers.project")] | None = strawberry.field(
        description="What it was about; null for comments that name no project.",
        metadata=hints(shared=True),
    )
    count: SafeInt = strawberry.field(
        description="Comments about the project, within the range and scope of the statistic."
    )


@strawberry.type(description="Comments on Talk by one volunteer.")
class UserCommentStats(CommentStats):
    """Comment statistics of a volunteer, also by project."""

    @strawberry.field(
        description="The projects that the comments are about, those with most comments first; "
        "ties by ascending id.",
        directives=[up_to("first", otherwise=50)],
    )
    async def project_contributions(
        self, info: Info, first: FirstArgument = None
    ) -> list[ProjectCommentContribution]:
        found = await info.context.loaders.contributions.load((self.question, self.subject_id))
        sums = found[: read_first(first)]
        projects = await load_projects(info, (one.id for one in sums), ("project",))
        return [made(ProjectCommentContribution, (projects.get(one.id), one.n)) for one in sums]
