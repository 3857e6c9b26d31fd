"""Milestones: the days on which all-time counts reached round numbers, and the next one."""

from __future__ import annotations

from typing import NamedTuple

from gateway.calendar import DayRange
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pace import expected_on, pace_of
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.goals.thresholds import reached, value_of
from gateway.stats.subject import Kind, Selection

#: The numbers of classifications that are celebrated, ascending.
MILESTONES = (
    1,
    10,
    100,
    1_000,
    10_000,
    25_000,
    100_000,
    250_000,
    1_000_000,
    2_500_000,
    10_000_000,
    25_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
)


class ReachedMilestone(NamedTuple):
    """A reached milestone: its number and the day."""

    value: int
    day: int


class NextMilestone(NamedTuple):
    """The next milestone, and the day on which it is expected at the current pace."""

    value: int
    remaining: int
    expected_on: int | None


class Milestones(NamedTuple):
    """The reached milestones, ascending, and the next one; None after the last one."""

    reached: tuple[ReachedMilestone, ...]
    next: NextMilestone | None


def milestone_question(kind: Kind, subject_id: int) -> GoalQuestion:
    """Question for the milestones of a group, a volunteer or a project: one all-time goal."""
    return GoalQuestion(
        kind, subject_id, GoalMetric.CLASSIFICATIONS, Selection(days=DayRange()), MILESTONES
    )


def milestones_of(steps: Steps, today: int) -> Milestones:
    """The milestones from the steps of classifications, each narrowed down to a day."""
    days = reached(steps, MILESTONES)
    done = tuple(
        ReachedMilestone(value, day)
        for value, day in zip(MILESTONES, days, strict=True)
        if day is not None
    )
    if len(done) == len(MILESTONES):
        return Milestones(done, None)
    following = MILESTONES[len(done)]
    remaining = following - value_of(steps)
    expected = expected_on(remaining, pace_of(steps, today), today)
    return Milestones(done, NextMilestone(following, remaining, expected))
