"""Stored goals. Their progress is counted in ``gateway.stats``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from gateway.calendar import DayRange
from gateway.db.goal_tables import goal
from gateway.db.ids import among
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.subject import Kind, Selection

#: Of a target, where a goal names no milestones of its own: quarters, rounded up.
DEFAULT_SHARES = (25, 50, 75)

LARGEST_TARGET = 1_000_000_000
#: Projects, or workflows, of one goal.
MOST_IDS = 100
MOST_MILESTONES = 10
#: Ten years in days, leap days included: from start to end.
LONGEST = 3_653
#: Of a goal that repeats: ten years of weeks.
MOST_PERIODS = 520
#: Of a group, or of a volunteer, the archived ones included.
MOST_GOALS = 100

#: The periods in which a goal may repeat, by the word that is stored.
REPEATS = {"week": Period.WEEK, "month": Period.MONTH}


class Goal(NamedTuple):
    """A goal of a group or, without one, of a volunteer; ids and filters ascend.

    ``target`` and ``milestones`` are in what people name (hours, not milliseconds); days are day
    numbers, both included; instants are microseconds since the epoch.
    """

    id: int
    group_id: int | None
    user_id: int | None
    title: str | None
    metric: GoalMetric
    target: int
    project_ids: tuple[int, ...] | None
    workflow_ids: tuple[int, ...] | None
    start_day: int
    end_day: int | None
    repeats: Period | None
    #: As they were given; None for the default ones, see ``values``.
    milestones: tuple[int, ...] | None
    archived: bool
    created_at: int
    created_by: int | None
    updated_at: int
    revision: int

    @property
    def values(self) -> tuple[int, ...]:
        """The values below the target that are celebrated, ascending, and the target itself."""
        if self.milestones is not None:
            return (*self.milestones, self.target)
        shares = {-(-self.target * share // 100) for share in DEFAULT_SHARES}
        return tuple(sorted(shares | {self.target}))

    @property
    def question(self) -> GoalQuestion:
        """The question whose answer is the progress."""
        kind, subject_id = Kind.GROUP, self.group_id
        if subject_id is None:
            kind, subject_id = Kind.USER, self.user_id
        assert subject_id is not None  # noqa: S101 - the table has one of both
        selection = Selection(
            self.metric.activity,
            DayRange(self.start_day, self.end_day),
            self.project_ids,
            self.workflow_ids,
        )
        thresholds = tuple(value * self.metric.unit for value in self.values)
        return GoalQuestion(kind, subject_id, self.metric, selection, thresholds, self.repeats)


def goal_of(row: Sequence[Any]) -> Goal:
    """The goal in a row of the table."""
    read = Goal._make(row)
    return read._replace(
        metric=GoalMetric(read.metric),
        project_ids=_numbers(row[6]),
        workflow_ids=_numbers(row[7]),
        repeats=None if row[10] is None else REPEATS[row[10]],
        milestones=_numbers(row[11]),
        archived=bool(read.archived),
    )


def row_of(wanted: Goal) -> tuple[Any, ...]:
    """The table row of a goal."""
    stored: dict[str, Any] = {
        "metric": wanted.metric.value,
        "project_ids": encode_numbers(wanted.project_ids),
        "workflow_ids": encode_numbers(wanted.workflow_ids),
        "repeats": None if wanted.repeats is None else wanted.repeats.value,
        "milestones": encode_numbers(wanted.milestones),
    }
    return tuple((wanted._asdict() | stored).values())


def encode_numbers(numbers: Sequence[int] | None) -> str | None:
    """Ids or milestones as they are stored."""
    return None if numbers is None else orjson.dumps(sorted(set(numbers))).decode()


def _numbers(text: str | None) -> tuple[int, ...] | None:
    return None if text is None else tuple(orjson.loads(text))


#: The goals of groups, and the own ones of users (``ids``), in no particular order.
GOALS_BY_GROUP = select(goal).where(among(goal.c.group_id, "ids"))
GOALS_BY_USER = select(goal).where(among(goal.c.user_id, "ids"))
#: The goals with these ``ids``.
GOALS_BY_ID = select(goal).where(among(goal.c.id, "ids"))
