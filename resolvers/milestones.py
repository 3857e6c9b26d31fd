"""All-time milestones: round numbers of classifications, and the days they were reached."""

from __future__ import annotations

from datetime import date

import strawberry

from gateway.calendar import day_date
from gateway.loaders.goals import load_milestones
from gateway.stats.subject import Kind
from resolvers.context import Info
from resolvers.costs import about
from resolvers.scalars import SafeInt


@strawberry.type(description="A round number of classifications that was reached.")
class ReachedMilestone:
    """A reached milestone; it may move or vanish when events arrive late or change."""

    value: SafeInt = strawberry.field(description="Such as 1, 10, 100, 1,000, 10,000 or 25,000.")
    reached_on: date = strawberry.field(
        description="The first day on which there were as many, of all that is known today."
    )


@strawberry.type(description="The first round number of classifications that is not reached.")
class NextMilestone:
    """The next milestone: what is missing, and when it is expected."""

    value: SafeInt = strawberry.field(description="Such as 1, 10, 100, 1,000, 10,000 or 25,000.")
    remaining: SafeInt = strawberry.field(description="How many classifications are missing.")
    expected_on: date | None = strawberry.field(
        description="The day at the pace of the last 14 full days, or of those since the first "
        "classification; null without any in these days."
    )


@strawberry.type(description="Round numbers of classifications of all time.")
class AllTimeMilestones:
    """The milestones that were reached, and the next one."""

    reached: list[ReachedMilestone] = strawberry.field(
        description="Those that were reached, ascending.", directives=[about(8)]
    )
    next: NextMilestone | None = strawberry.field(
        description="The next one; null beyond ten billion."
    )


async def load_all_time_milestones(info: Info, kind: Kind, subject_id: int) -> AllTimeMilestones:
    """The milestones of a group, a volunteer or a project."""
    context = info.context
    ((reached, following),) = await load_milestones(
        context.loaders.growth, kind, [subject_id], context.today
    )
    coming = following and NextMilestone(
        value=SafeInt(following.value),
        remaining=SafeInt(following.remaining),
        expected_on=_date(following.expected_on),
    )
    return AllTimeMilestones(
        reached=[
            ReachedMilestone(value=SafeInt(one.value), reached_on=day_date(one.day))
            for one in reached
        ],
        next=coming,
    )


def _date(day: int | None) -> date | None:
    return None if day is None else day_date(day)
