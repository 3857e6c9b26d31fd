"""Progress, milestones and periods of goals, in the unit of the target."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from gateway.calendar import day_date
from gateway.directory.goals import Goal
from gateway.stats.goals.evaluation import GoalState, Progress
from gateway.stats.goals.pieces import bounds
from gateway.stats.goals.repetition import PeriodProgress


@strawberry.type(
    description="How far a goal is; of one that repeats, how far its current period is, or its "
    "last one after the end."
)
class GoalProgress:
    """The progress of a goal, in the unit of the target."""

    value: float = strawberry.field(
        description="What was counted, in the unit of the target: hours for HOURS."
    )
    share: float = strawberry.field(
        description="value divided by the target; more than 1 where more was done."
    )
    remaining: float = strawberry.field(description="What is missing to the target, at least 0.")
    reached_on: date | None = strawberry.field(
        description="The first day at whose end the target was reached, of all that is known today."
    )
    days_left: int | None = strawberry.field(
        description="Days until the end, today and the last day included; before the start, all "
        "days of the goal. Null without an end, and after it."
    )
    per_day: float | None = strawberry.field(
        description="The pace: what was added a day in the last 14 full days, or in those since "
        "the first one with anything. For CLASSIFICATIONS, HOURS and COMMENTS that are running; "
        "null if nothing was added in these days."
    )
    needed_per_day: float | None = strawberry.field(
        description="remaining divided by daysLeft; null if daysLeft is."
    )
    expected_on: date | None = strawberry.field(
        description="The day on which the target is reached at the pace of perDay; null if perDay "
        "is, or if it is more than ten years after the end."
    )

    @classmethod
    def of(cls, progress: Progress, unit: int) -> Self:
        """Convert progress, counted in parts such as milliseconds: ``unit`` of them are a unit."""
        pace, left = progress.pace, progress.days_left
        return cls(
            value=progress.value / unit,
            share=progress.value / progress.target,
            remaining=progress.remaining / unit,
            reached_on=_date(progress.reached_on),
            days_left=left,
            per_day=None if pace is None else pace.amount / (pace.days * unit),
            needed_per_day=None if left is None else progress.remaining / (left * unit),
            expected_on=_date(progress.expected_on),
        )


@strawberry.type(description="A value on the way to the target of a goal, or the target itself.")
class GoalMilestone:
    """A milestone. It may move to another day, or vanish, when events arrive late or change."""

    value: int = strawberry.field(description="In the unit of the target.")
    share: float = strawberry.field(
        description="value divided by the target: 1 for the last one, which is the target."
    )
    reached_on: date | None = strawberry.field(
        description="The first day at whose end there was as much, of all that is known today; of "
        "a goal that repeats, in the current period. Null if it is not reached."
    )


@strawberry.type(description="A period of a goal that repeats, as far as the goal's days go.")
class GoalPeriod:
    """A week or a month, cut to the days of the goal."""

    start: date = strawberry.field(description="The first day that counts.")
    end: date = strawberry.field(description="The last day that counts.")
    value: float = strawberry.field(
        description="What was counted, in the unit of the target: hours for HOURS."
    )
    share: float = strawberry.field(
        description="value divided by the target; more than 1 where more was done."
    )
    reached: bool = strawberry.field(description="Whether value is the target or more.")
    reached_on: date | None = strawberry.field(
        description="The first day at whose end the target was reached, of all that is known "
        "today; null if it is not reached."
    )

    @classmethod
    def of(cls, period: PeriodProgress, goal: Goal) -> Self:
        """Convert the progress of a period to the unit of the target."""
        first, last = bounds(period.days)
        unit = goal.metric.unit
        return cls(
            start=day_date(first),
            end=day_date(last),
            value=period.value / unit,
            share=period.value / (goal.target * unit),
            reached=period.is_reached,
            reached_on=_date(period.reached_on),
        )


def milestones_of(goal: Goal, state: GoalState) -> list[GoalMilestone]:
    """The milestones of a goal, ascending, the target at last."""
    return [
        GoalMilestone(value=value, share=value / goal.target, reached_on=_date(day))
        for value, day in zip(goal.values, state.reached_on, strict=True)
    ]


def _date(day: int | None) -> date | None:
    return None if day is None else day_date(day)
