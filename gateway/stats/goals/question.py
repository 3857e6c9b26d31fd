"""What is asked of a goal, without what only people read of it."""

from __future__ import annotations

from typing import NamedTuple

from gateway.calendar import DayRange, decompose
from gateway.period import Period, next_period, period_starts
from gateway.stats.goals.contributors import Contributors
from gateway.stats.goals.growth import Growth
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pieces import bounds, day_pieces, growth_pieces
from gateway.stats.subject import Kind, Selection


class GoalQuestion(NamedTuple):
    """A goal of a group or a volunteer.

    The ``selection`` has the days from the first to the last one (None: open), the projects or
    workflows, and for a member's own part the user. ``thresholds`` ascend, and the last one is the
    target; they are in the units that are compared (:attr:`GoalMetric.unit`). With ``repeats``, a
    week or a month, they are reached anew in each.
    """

    kind: Kind
    subject_id: int
    metric: GoalMetric
    selection: Selection
    thresholds: tuple[int, ...]
    repeats: Period | None = None

    @property
    def target(self) -> int:
        """The last threshold."""
        return self.thresholds[-1]

    def of_user(self, user_id: int) -> GoalQuestion:
        """What this user did of a group's goal."""
        return self._replace(selection=self.selection._replace(user_ids=(user_id,)))

    def contributors(self, first: int) -> Contributors:
        """Who did most for a group's goal, over all its days."""
        selection = self.selection._replace(days=DayRange())
        pieces = decompose(self.selection.days)
        return Contributors(self.subject_id, selection, pieces, self.metric, first)

    def growth(self, today: int) -> Growth:
        """How what it counts grew; of a goal that repeats, in each period until today."""
        if self.repeats is not None:
            parts = tuple(day_pieces(days) for days in goal_periods(self, today))
        elif self.metric is GoalMetric.ACTIVE_DAYS:
            parts = (day_pieces(self.selection.days),)
        else:
            parts = (growth_pieces(self.selection.days, today),)
        selection = self.selection._replace(days=DayRange(), activity=self.metric.activity)
        return Growth(self.kind, self.subject_id, self.metric, selection, parts)


def goal_periods(asked: GoalQuestion, today: int) -> tuple[DayRange, ...]:
    """The periods of a goal that repeats, until the one of today: what of each is in its range."""
    first, last = bounds(asked.selection.days)
    if asked.repeats is None or first > min(last, today):
        return ()
    period = asked.repeats
    return tuple(
        DayRange(max(start, first), min(next_period(start, period) - 1, last))
        for start in period_starts(first, min(last, today), period)
    )
