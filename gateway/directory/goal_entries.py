"""Entries of goals in a copy of a gateway: their schema and their table rows.

What can never have been a goal is refused; what depends on the day on which it was said is not.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from gateway.directory.entry_types import Day, Entry, Id, Instant, Revision, Text
from gateway.directory.goals import (
    LARGEST_TARGET,
    LONGEST,
    MOST_IDS,
    MOST_MILESTONES,
    MOST_PERIODS,
    REPEATS,
    encode_numbers,
)
from gateway.directory.rows import Row
from gateway.period import count_periods
from gateway.stats.goals.metric import GoalMetric

_Ids = Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS)]
_Value = Annotated[StrictInt, Field(ge=1, le=LARGEST_TARGET)]


class Goal(Entry):
    """A goal of a group or of a volunteer."""

    id: Id
    user_group_id: Id | None = None
    user_id: Id | None = None
    title: Text | None = None
    metric: GoalMetric
    target: _Value
    project_ids: _Ids | None = None
    workflow_ids: _Ids | None = None
    start: Day
    end: Day | None = None
    repeats: Literal["week", "month"] | None = None
    milestones: Annotated[list[_Value], Field(max_length=MOST_MILESTONES)] | None = None
    archived: StrictBool = False
    created_at: Instant
    created_by: Id | None = None
    updated_at: Instant
    revision: Revision

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.user_group_id is None) is (self.user_id is None):
            raise ValueError("it must have either a user_group_id or a user_id")
        self._check_metric()
        self._check_days()
        if self.milestones is not None:
            ascending = sorted(set(self.milestones))
            if not ascending or ascending != self.milestones or ascending[-1] >= self.target:
                raise ValueError("milestones must ascend below the target")
        return self

    def _check_metric(self) -> None:
        if self.user_id is None and self.metric is GoalMetric.COMMENTS:
            raise ValueError("a group has no goal of comments")
        if self.user_id is not None and self.metric is GoalMetric.CONTRIBUTORS:
            raise ValueError("a volunteer has no goal of contributors")
        if self.project_ids is not None and self.workflow_ids is not None:
            raise ValueError("it has either project_ids or workflow_ids")
        if self.workflow_ids is not None and self.metric is GoalMetric.COMMENTS:
            raise ValueError("comments belong to no workflow")

    def _check_days(self) -> None:
        if self.end is None:
            return
        if not 0 <= self.end - self.start <= LONGEST:
            raise ValueError("it must end on its start or within 10 years of it")
        if self.repeats and count_periods(self.start, self.end, REPEATS[self.repeats]) > (
            MOST_PERIODS
        ):
            raise ValueError(f"it has more than {MOST_PERIODS} periods")

    def row(self) -> Row:
        """The table row of this entry."""
        return {
            "id": self.id,
            "group_id": self.user_group_id,
            "user_id": self.user_id,
            "title": self.title,
            "metric": self.metric.value,
            "target": self.target,
            "project_ids": encode_numbers(self.project_ids),
            "workflow_ids": encode_numbers(self.workflow_ids),
            "start_day": self.start,
            "end_day": self.end,
            "repeats": self.repeats,
            "milestones": encode_numbers(self.milestones),
            "archived": self.archived,
            "created_at": self.created_at,
            "created_by": self.created_by,
            "updated_at": self.updated_at,
            "revision": self.revision,
        }
