"""Goal metrics: what a goal counts, and in which unit it is compared."""

from __future__ import annotations

from enum import Enum

from gateway.stats.subject import Activity


class GoalMetric(Enum):
    """Metric of a goal; the value is the word that is stored."""

    CLASSIFICATIONS = "classifications"
    HOURS = "hours"
    CONTRIBUTORS = "contributors"
    PROJECTS = "projects"
    ACTIVE_DAYS = "active_days"
    COMMENTS = "comments"

    # Members are single: their identity tells them apart, and faster than Enum's own hash does.
    __hash__ = object.__hash__

    @property
    def activity(self) -> Activity:
        """The events that it counts."""
        return Activity.COMMENTS if self is GoalMetric.COMMENTS else Activity.CLASSIFICATIONS

    @property
    def is_sum(self) -> bool:
        """Whether each event adds to it; the other metrics count distinct things once."""
        return self in _SUMS

    @property
    def unit(self) -> int:
        """Compared units for each 1 of a target: milliseconds for an hour, else 1."""
        return 3_600_000 if self is GoalMetric.HOURS else 1


_SUMS = frozenset({GoalMetric.CLASSIFICATIONS, GoalMetric.HOURS, GoalMetric.COMMENTS})
