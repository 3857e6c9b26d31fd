"""Subjects and questions: whose statistics are requested, and which part of them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from gateway.calendar import DayRange


class Kind(Enum):
    """Kind of a subject of statistics; the value is the column that holds its id."""

    SITE = "site_id"
    PROJECT = "project_id"
    WORKFLOW = "workflow_id"
    USER = "user_id"
    GROUP = "group_id"

    # Members are single: their identity tells them apart, and faster than Enum's own hash does.
    __hash__ = object.__hash__


class Activity(Enum):
    """Kind of the counted events."""

    CLASSIFICATIONS = "classification"
    COMMENTS = "comment"

    __hash__ = object.__hash__


class Selection(NamedTuple):
    """A part of a subject's events: days, and projects, workflows or users (None is all)."""

    activity: Activity = Activity.CLASSIFICATIONS
    days: DayRange = DayRange()
    project_ids: tuple[int, ...] | None = None
    workflow_ids: tuple[int, ...] | None = None
    user_ids: tuple[int, ...] | None = None


class Subject(NamedTuple):
    """One entity; the site's id is 0."""

    kind: Kind
    id: int = 0


class Question(NamedTuple):
    """Question about many subjects of one kind at once."""

    kind: Kind
    selection: Selection


class Answer(NamedTuple):
    """Sums over some events; ``ms`` is session time in whole milliseconds."""

    n: int = 0
    ms: int = 0
    anonymous_n: int = 0

    @property
    def seconds(self) -> float:
        """Session time in seconds."""
        return self.ms / 1000
