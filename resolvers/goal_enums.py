"""Enumerations of goals: metric, repetition and status."""

from __future__ import annotations

from enum import Enum

import strawberry

from gateway.period import Period
from gateway.stats.goals import evaluation, metric


@strawberry.enum(description="What a goal counts, within its days and its projects or workflows.")
class GoalMetric(Enum):
    """The metrics; a group has all but comments, a volunteer all but contributors."""

    CLASSIFICATIONS = strawberry.enum_value(
        metric.GoalMetric.CLASSIFICATIONS, description="Each classification."
    )
    HOURS = strawberry.enum_value(
        metric.GoalMetric.HOURS,
        description="Session time in hours, counted in whole milliseconds.",
    )
    CONTRIBUTORS = strawberry.enum_value(
        metric.GoalMetric.CONTRIBUTORS,
        description="Different volunteers with a classification, as `activeUsers` counts them. "
        "For groups only.",
    )
    PROJECTS = strawberry.enum_value(
        metric.GoalMetric.PROJECTS, description="Different projects with a classification."
    )
    ACTIVE_DAYS = strawberry.enum_value(
        metric.GoalMetric.ACTIVE_DAYS, description="Days in UTC with a classification."
    )
    COMMENTS = strawberry.enum_value(
        metric.GoalMetric.COMMENTS,
        description="Each comment on Talk. For goals of volunteers only: comments name no groups.",
    )


@strawberry.enum(description="The period in which the target of a goal is to be reached anew.")
class GoalRepeat(Enum):
    """Weeks and months, in UTC."""

    WEEK = strawberry.enum_value(Period.WEEK, description="From Monday to Sunday.")
    MONTH = strawberry.enum_value(Period.MONTH, description="From the first day to the last.")


@strawberry.enum(
    description="How a goal stands today; of one that repeats, how its current period stands."
)
class GoalStatus(Enum):
    """The statuses, which follow from the days of the goal and its value."""

    UPCOMING = strawberry.enum_value(
        evaluation.GoalStatus.UPCOMING, description="It has not started."
    )
    RUNNING = strawberry.enum_value(
        evaluation.GoalStatus.RUNNING, description="It has started and is not reached yet."
    )
    REACHED = strawberry.enum_value(
        evaluation.GoalStatus.REACHED,
        description="The value is the target or more, also after the end by late events.",
    )
    ENDED = strawberry.enum_value(
        evaluation.GoalStatus.ENDED,
        description="It is over and was not reached; of a goal that repeats, it is over.",
    )
