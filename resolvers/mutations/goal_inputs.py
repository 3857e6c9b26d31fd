"""Inputs of creating and changing goals."""

from __future__ import annotations

from datetime import date

import strawberry
from strawberry import UNSET
from strawberry.types.unset import UnsetType

from gateway.arguments import read_id, read_ids
from gateway.calendar import day_number
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import (
    UNCHANGED,
    ArchiveGoal,
    CreateGoal,
    DeleteGoal,
    UpdateGoal,
)
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric as Metric
from resolvers.goal_enums import GoalMetric, GoalRepeat
from resolvers.mutations.inputs import read_revision

_GOAL_ID = "Which one: a positive whole number, as text."
_TITLE = "1 to 120 characters of plain text on one line."
_TARGET = "1 to 1,000,000,000; hours for HOURS; in each period if it repeats."
_MILESTONES = "1 to 10 ascending values below the target, in its unit."
_EXPECTED = (
    "`Goal.revision` as it was read: if it is another by now, nothing is changed (CONFLICT). "
    "Default: the last change wins."
)


@strawberry.input(
    one_of=True, description="Some projects, or some workflows, for which a goal is set."
)
class GoalScope(FrozenInput):
    """Projects or workflows: graphql-core refuses both lists at once, and neither."""

    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Only what is done in these projects: 1 to 100 ids."
    )
    workflow_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Only what is done in these workflows: 1 to 100 ids."
    )


@strawberry.input(description="What `createGoal` takes.")
class CreateGoalInput(FrozenInput):
    """A goal to create; its metric, scope and repetition cannot be changed later."""

    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of which group it is. Default: the viewer's own goal."
    )
    title: str | None = strawberry.field(
        default=None, description=f"{_TITLE} Default: none, so that pages word it from the metric."
    )
    metric: GoalMetric = strawberry.field(
        description="What is counted: of a group all but COMMENTS, of a volunteer all but "
        "CONTRIBUTORS."
    )
    target: int = strawberry.field(description=_TARGET)
    within: GoalScope | None = strawberry.field(
        default=None, description="Only what is done there. Default: everywhere."
    )
    start: date | None = strawberry.field(
        default=None,
        description="The first day that counts, up to ten years ago or ahead. Default: today in "
        "UTC.",
    )
    end: date | None = strawberry.field(
        default=None,
        description="The last day that counts, within ten years of start. Default: none.",
    )
    repeats: GoalRepeat | None = strawberry.field(
        default=None, description="Whether the target is to be reached anew in each period."
    )
    milestones: list[int] | None = strawberry.field(
        default=None,
        description=f"{_MILESTONES} Default: 25, 50 and 75 % of the target, rounded up.",
    )

    def command(self) -> CreateGoal:
        """The command of this input."""
        scope = self.within
        return CreateGoal(
            Metric[self.metric.name],
            self.target,
            None if self.group_id is None else read_id("groupId", self.group_id),
            self.title,
            None if scope is None else _ids("projectIds", scope.project_ids),
            None if scope is None else _ids("workflowIds", scope.workflow_ids),
            _day(self.start),
            _day(self.end),
            None if self.repeats is None else Period[self.repeats.name],
            _values(self.milestones),
        )


@strawberry.input(
    description="What `updateGoal` takes. What is left out stays; null takes away title, end and "
    "milestones."
)
class UpdateGoalInput(FrozenInput):
    """Changes of a goal; its metric, scope and repetition cannot be changed."""

    id: strawberry.ID = strawberry.field(description=_GOAL_ID)
    title: str | None = strawberry.field(default=UNSET, description=f"{_TITLE} Null: none.")
    target: int | None = strawberry.field(
        default=None, description=f"{_TARGET} Left out or null: it stays."
    )
    start: date | None = strawberry.field(
        default=None,
        description="The first day that counts, as long as the goal is UPCOMING. Left out or null: "
        "it stays.",
    )
    end: date | None = strawberry.field(
        default=UNSET,
        description="The last day that counts, within ten years of start. Null: none.",
    )
    milestones: list[int] | None = strawberry.field(
        default=UNSET,
        description=f"{_MILESTONES} Null: 25, 50 and 75 % of the target, rounded up.",
    )
    expected_revision: str | None = strawberry.field(default=None, description=_EXPECTED)

    def command(self) -> UpdateGoal:
        """The command of this input."""
        end, milestones = self.end, self.milestones
        return UpdateGoal(
            read_id("id", self.id),
            UNCHANGED if isinstance(self.title, UnsetType) else self.title,
            self.target,
            _day(self.start),
            UNCHANGED if isinstance(end, UnsetType) else _day(end),
            UNCHANGED if isinstance(milestones, UnsetType) else _values(milestones),
            read_revision(self.expected_revision),
        )


@strawberry.input(description="What `archiveGoal` takes.")
class ArchiveGoalInput(FrozenInput):
    """A goal to archive or to unarchive."""

    id: strawberry.ID = strawberry.field(description=_GOAL_ID)
    archived: bool | None = strawberry.field(
        default=True, description="Whether it is put away; false takes it up again."
    )

    def command(self) -> ArchiveGoal:
        """The command of this input."""
        return ArchiveGoal(read_id("id", self.id), self.archived is not False)


@strawberry.input(description="What `deleteGoal` takes.")
class DeleteGoalInput(FrozenInput):
    """A goal to delete."""

    id: strawberry.ID = strawberry.field(description=_GOAL_ID)
    expected_revision: str | None = strawberry.field(default=None, description=_EXPECTED)

    def command(self) -> DeleteGoal:
        """The command of this input."""
        return DeleteGoal(read_id("id", self.id), read_revision(self.expected_revision))


def _ids(argument: str, texts: list[strawberry.ID] | None) -> tuple[int, ...] | None:
    if texts is None or isinstance(texts, UnsetType):
        return None
    return tuple(sorted(set(read_ids(argument, texts))))


def _values(given: list[int] | None) -> tuple[int, ...] | None:
    return None if given is None else tuple(given)


def _day(given: date | None) -> int | None:
    return None if given is None else day_number(given)
