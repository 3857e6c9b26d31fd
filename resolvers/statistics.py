"""Statistics: totals and buckets of the site, a project, a workflow or a volunteer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.arguments import MAX_FIRST, read_first, read_page
from gateway.calendar import day_date
from gateway.execution_hints import batched_field, hints
from gateway.loaders.statistics import DaySpan
from gateway.period import describe_defaults, name_periods
from gateway.stats.ranking import Order
from gateway.stats.subject import Answer, Question
from resolvers.arguments import RankingOrderArgument, TopArgument, given
from resolvers.buckets import (
    NewUsersBucket,
    PeriodBucket,
    load_new_users,
    load_period_buckets,
    periods_of_range,
)
from resolvers.connections import AfterArgument, PageArgument, paged
from resolvers.context import Info
from resolvers.contributions import ProjectContribution, load_contributions
from resolvers.costs import about, costs, up_to
from resolvers.enums import ContributionOrder, Period, RankingOrder
from resolvers.guards import Guard, GuardRule
from resolvers.ranges import DateRange, RangeArgument, days_in
from resolvers.scalars import SafeInt
from resolvers.streaks import Streak, StreakPeriodArgument, load_streak
from resolvers.thresholds import MOST_DAYS, HoursArgument, PerDayArgument, read_thresholds
from resolvers.workflow_contributions import WorkflowContribution, load_workflow_contributions

if TYPE_CHECKING:
    from resolvers.contributors import VolunteerContribution
    from resolvers.unusual_volunteers import UnusualVolunteerConnection

PeriodArgument = Annotated[
    Period | None,
    strawberry.argument(
        description=(f"Default: {describe_defaults()}; a range without end ends today.")
    ),
]
FillGapsArgument = Annotated[
    bool | None,
    strawberry.argument(
        description=(
            "Whether to include periods without events, from start (or the first event) to end "
            "(or today)."
        )
    ),
]
FirstArgument = Annotated[
    int | None,
    strawberry.argument(description=f"At most this many, 1 to {MAX_FIRST:,}. Default: all."),
]
OrderArgument = Annotated[
    ContributionOrder | None,
    strawberry.argument(description="What comes first, and so what `first` keeps."),
]
#: Ranges are rarely longer, and longer ones are rarely cut into days.
A_YEAR_OF_DAYS = 366
#: The default of `first`.
TOP, UNUSUAL_PAGE = 10, 100
#: The project of a contribution.
_PROJECT = attrgetter("id")


@strawberry.type
class Statistics:
    """The base of all statistics: the subject, and the question (which events)."""

    question: strawberry.Private[Question]
    subject_id: strawberry.Private[int]

    def over(self, range: DateRange | None) -> Self:  # noqa: A002  (the name in the schema)
        """The same statistics in another range of days."""
        selection = self.question.selection._replace(days=days_in(range))
        return type(self)(
            question=self.question._replace(selection=selection), subject_id=self.subject_id
        )


async def totals(stats: Sequence[Statistics], info: Info) -> list[Answer]:
    """The sums over whole selections; one statement serves all fields that need them."""
    keys = [(one.question, one.subject_id) for one in stats]
    return await info.context.loaders.totals.load_many(keys)


async def total_counts(stats: Sequence[Statistics], info: Info) -> list[SafeInt]:
    """How many events there are."""
    return [SafeInt(one.n) for one in await totals(stats, info)]


async def times_spent(stats: Sequence[Statistics], info: Info) -> list[float]:
    """Session time in seconds."""
    return [one.seconds for one in await totals(stats, info)]


async def mean_times_spent(stats: Sequence[Statistics], info: Info) -> list[float | None]:
    """Session time of a classification in seconds; None without classifications."""
    return [one.seconds / one.n if one.n else None for one in await totals(stats, info)]


async def day_spans(stats: Sequence[Statistics], info: Info) -> list[DaySpan]:
    """The first and the last day with events; one statement serves both fields."""
    keys = [(one.question, one.subject_id) for one in stats]
    return await info.context.loaders.day_spans.load_many(keys)


async def first_days(stats: Sequence[Statistics], info: Info) -> list[date | None]:
    """The first day with events."""
    return [_date(span.first) for span in await day_spans(stats, info)]


async def last_days(stats: Sequence[Statistics], info: Info) -> list[date | None]:
    """The last day with events."""
    return [_date(span.last) for span in await day_spans(stats, info)]


def _date(day: int | None) -> date | None:
    return None if day is None else day_date(day)


async def project_counts(stats: Sequence[Statistics], info: Info) -> list[int]:
    """How many projects there were contributions to."""
    keys = [(one.question, one.subject_id) for one in stats]
    found = await info.context.loaders.contributions.load_many(keys)
    # At most one of the sums is of what names no project.
    return [len(sums) - (0 in map(_PROJECT, sums)) for sums in found]


async def active_user_counts(stats: Sequence[Statistics], info: Info) -> list[int]:
    """How many volunteers classified."""
    keys = [(one.question, one.subject_id) for one in stats]
    return await info.context.loaders.active_users.load_many(keys)


async def period_buckets_of(
    stats: Sequence[Statistics],
    info: Info,
    period: PeriodArgument = None,
    fill_gaps: FillGapsArgument = False,
) -> list[list[PeriodBucket]]:
    """Classifications by period."""
    subjects = [(one.question, one.subject_id) for one in stats]
    return await load_period_buckets(info, subjects, period, fill_gaps=given(fill_gaps, False))


@strawberry.interface(
    description="What every statistic of classifications has, whoever made them: one fragment on "
    "it draws a chart of the site, a project, a workflow, a volunteer or a group."
)
class ClassificationStats(Statistics):
    """Counts, session time, days and buckets of classifications."""

    total_count: SafeInt = batched_field(
        total_counts,
        description="How many classifications; each counts once, however often it is sent.",
        directives=[costs(1)],
    )
    time_spent: float = batched_field(
        times_spent,
        description=(
            "Session time in seconds: finished minus started, limited to 0 to 10,800 for each "
            "classification; unknown times count 0."
        ),
    )
    mean_time_spent: float | None = batched_field(
        mean_times_spent,
        description="Seconds a classification: timeSpent / totalCount; null without any.",
    )
    first_day: date | None = batched_field(
        first_days,
        description="The first day of the range with classifications; null without any.",
        directives=[costs(1)],
    )
    last_day: date | None = batched_field(
        last_days,
        description="The last day of the range with classifications; null without any.",
        directives=[costs(1)],
    )

    buckets: list[PeriodBucket] = batched_field(
        period_buckets_of,
        description=f"Classifications by {name_periods()} in UTC, ascending.",
        directives=[about(A_YEAR_OF_DAYS)],
        length=periods_of_range,
    )

    @strawberry.field(description="The same statistic in the same scope, of other days.")
    def compared_with(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
    ) -> Self | None:
        return self.over(range)


@strawberry.type
class PublicStats(ClassificationStats):
    """Adds counts of volunteers, for what anybody contributes to; for operators, each volunteer."""

    active_users: int = batched_field(
        active_user_counts,
        description="How many different volunteers classified; who was not logged in is none.",
        directives=[costs(20)],
    )

    @strawberry.field(description="Classifications by volunteers who were not logged in.")
    async def anonymous_count(self, info: Info) -> SafeInt:
        (found,) = await totals([self], info)
        return SafeInt(found.anonymous_n)

    @strawberry.field(
        description="Share of the classifications that are anonymous, 0 to 1; null without "
        "classifications."
    )
    async def anonymous_share(self, info: Info) -> float | None:
        (found,) = await totals([self], info)
        return found.anonymous_n / found.n if found.n else None

    @strawberry.field(
        description="The volunteers who did most, in any range.",
        directives=[costs(5), up_to("first", otherwise=TOP)],
        extensions=[Guard(GuardRule.SITE_ADMIN)],
    )
    async def top_contributors(
        self,
        info: Info,
        first: TopArgument = TOP,
        order_by: RankingOrderArgument = RankingOrder.MOST_CLASSIFICATIONS,
    ) -> list[Annotated[VolunteerContribution, strawberry.lazy("resolvers.contributors")]] | None:
        from resolvers.contributors import load_contributors

        order = Order(given(order_by, RankingOrder.MOST_CLASSIFICATIONS).value)
        size = read_page(given(first, TOP))
        return await load_contributors(info, self.question, self.subject_id, size, order)

    @strawberry.field(
        description="Volunteers with days in the range on which they did more than a threshold, "
        "and these days. At least one threshold is needed, and a day exceeds either of them. The "
        f"range has at most {MOST_DAYS} days.",
        directives=[costs(100), paged(UNUSUAL_PAGE)],
        extensions=[Guard(GuardRule.SITE_ADMIN)],
    )
    async def unusual_volunteers(
        self,
        info: Info,
        classifications_per_day: PerDayArgument = None,
        hours_per_day: HoursArgument = None,
        first: PageArgument = UNUSUAL_PAGE,
        after: AfterArgument = None,
    ) -> (
        Annotated[UnusualVolunteerConnection, strawberry.lazy("resolvers.unusual_volunteers")]
        | None
    ):
        from resolvers.unusual_volunteers import load_unusual

        question = read_thresholds(
            self.question, classifications_per_day, hours_per_day, info.context.today
        )
        size = given(first, UNUSUAL_PAGE)
        return await load_unusual(info, question, self.subject_id, size, after)


@strawberry.type(description="Classifications of the whole site.")
class SiteStats(PublicStats):
    """Statistics of the whole site."""


@strawberry.type(description="Classifications in one project.")
class ProjectStats(PublicStats):
    """Statistics of a project, with its new volunteers."""

    @strawberry.field(
        description=(
            "Volunteers by the period of their first classification in the project, ascending. "
            "Of some workflows, their first in these counts."
        ),
        directives=[about(A_YEAR_OF_DAYS)],
        metadata=hints(length=periods_of_range),
    )
    async def new_users(
        self, info: Info, period: PeriodArgument = None, fill_gaps: FillGapsArgument = False
    ) -> list[NewUsersBucket]:
        gaps = given(fill_gaps, False)
        return await load_new_users(info, self.question, self.subject_id, period, fill_gaps=gaps)


@strawberry.type(description="Classifications in one workflow.")
class WorkflowStats(PublicStats):
    """Statistics of a workflow."""


@strawberry.type
class Contributed(ClassificationStats):
    """Adds contributions by project and workflow, of a volunteer or a group."""

    project_count: int = batched_field(
        project_counts,
        description="How many different projects; what names no project is none.",
        directives=[costs(5)],
    )

    @strawberry.field(
        description="The projects that the classifications were made in, a ranking.",
        directives=[up_to("first", otherwise=50)],
    )
    async def project_contributions(
        self,
        info: Info,
        first: FirstArgument = None,
        order_by: OrderArgument = ContributionOrder.MOST_CLASSIFICATIONS,
    ) -> list[ProjectContribution]:
        return await load_contributions(
            info,
            self.question,
            self.subject_id,
            read_first(first),
            given(order_by, ContributionOrder.MOST_CLASSIFICATIONS),
        )

    @strawberry.field(
        description="The workflows that the classifications were made in, a ranking.",
        directives=[up_to("first", otherwise=50)],
    )
    async def workflow_contributions(
        self,
        info: Info,
        first: FirstArgument = None,
        order_by: OrderArgument = ContributionOrder.MOST_CLASSIFICATIONS,
    ) -> list[WorkflowContribution]:
        return await load_workflow_contributions(
            info,
            self.question,
            self.subject_id,
            read_first(first),
            given(order_by, ContributionOrder.MOST_CLASSIFICATIONS),
        )

    @strawberry.field(
        description="Days, weeks, months or years in a row with at least one classification in "
        "the range, as of today.",
        directives=[costs(20)],
    )
    async def streak(self, info: Info, period: StreakPeriodArgument = Period.WEEK) -> Streak:
        chosen = given(period, Period.WEEK)
        return await load_streak(info, self.question, self.subject_id, chosen)


@strawberry.type(description="Classifications of one volunteer.")
class UserStats(Contributed):
    """Statistics of a volunteer."""
