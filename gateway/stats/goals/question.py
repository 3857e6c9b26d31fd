"""Question about a goal: what the evaluation needs, without names and texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gateway.calendar import DayRange, decompose
from gateway.period import Period, next_period, period_start
from gateway.stats.goals.contributors import Contributors
from gateway.stats.goals.growth import Growth
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pieces import bounds, day_pieces, growth_pieces
from gateway.stats.subject import Kind, Selection


class GoalQuestion(NamedTuple):
    """Question about a goal of a group or a volunteer.

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
        """The same question for the part of one member."""
        return self._replace(selection=self.selection._replace(user_ids=(user_id,)))

    def contributors(self, first: int) -> Contributors:
        """Question for the top contributors of a group's goal, over all its days."""
        selection = self.selection._replace(days=DayRange())
        pieces = decompose(self.selection.days)
        return Contributors(self.subject_id, selection, pieces, self.metric, first)

    def growth(self, today: int) -> Growth:
        """Question for its growth; for a goal that repeats, by day in all periods until today."""
        days = self.selection.days
        if self.repeats is not None:
            first, last = bounds(days)
            pieces = day_pieces(DayRange(first, min(last, _end_of(self.repeats, today))))
            pieces = pieces if first <= today else ()
        elif self.metric is GoalMetric.ACTIVE_DAYS:
            pieces = day_pieces(days)
        else:
            pieces = growth_pieces(days, today)
        selection = self.selection._replace(days=DayRange(), activity=self.metric.activity)
        return Growth(self.kind, self.subject_id, self.metric, selection, pieces, self.repeats)


def periods_back(goal: GoalQuestion, today: int) -> Iterator[DayRange]:
    """Periods of a goal that repeats, from the one of today back to its first.

    Each is cut to the days of the goal. After the end they begin with the last one.
    """
    first, last = bounds(goal.selection.days)
    if goal.repeats is None or first > min(last, today):
        return
    start = period_start(min(last, today), goal.repeats)
    end = min(_end_of(goal.repeats, start), last)
    while True:
        yield DayRange(max(start, first), end)
        if start <= first:
            return
        start, end = period_start(start - 1, goal.repeats), start - 1


def _end_of(period: Period, day: int) -> int:
    """The last day of the period that a day falls into."""
    return next_period(day, period) - 1
