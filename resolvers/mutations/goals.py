"""Payloads of creating, changing, archiving and deleting goals."""

from __future__ import annotations

import strawberry

from resolvers.context import Info
from resolvers.goal import Goal
from resolvers.goal_list import load_group_goals, load_own_goals
from resolvers.mutations.payloads import GroupPayload, group_of
from resolvers.user import User, load_users


@strawberry.type
class GoalPayload(GroupPayload):
    """A payload with the owner of the goal, the group or the viewer."""

    @strawberry.field(
        description="The viewer, whose own goal it is; null if it is a group's, or if nothing was "
        "done."
    )
    async def user(self, info: Info) -> User | None:
        viewer = info.context.permissions.user_id
        if self.outcome is None or self.outcome.group_id or viewer is None:
            return None
        (user,) = await load_users(info, [viewer], ())
        return user


@strawberry.type
class OneGoalPayload(GoalPayload):
    """A payload with the goal, which exists afterwards."""

    @strawberry.field(
        description="The goal now; null if nothing was done, or if the viewer may not see it any "
        "more."
    )
    async def goal(self, info: Info) -> Goal | None:
        if self.outcome is None:
            return None
        goals: list[Goal] = []
        viewer = info.context.permissions.user_id
        if not self.outcome.group_id and viewer is not None:
            goals = await load_own_goals(info, viewer, None, include_archived=True)
        elif (group := await group_of(info, self.outcome)) and group.access.aggregates:
            goals = await load_group_goals(info, group, None, include_archived=True)
        return next((one for one in goals if one.record.id == self.outcome.goal_id), None)


@strawberry.type(description="What came of `createGoal`.")
class CreateGoalPayload(OneGoalPayload):
    """The new goal."""


@strawberry.type(description="What came of `updateGoal`.")
class UpdateGoalPayload(OneGoalPayload):
    """The changed goal."""


@strawberry.type(description="What came of `archiveGoal`.")
class ArchiveGoalPayload(OneGoalPayload):
    """The goal that was archived or unarchived."""


@strawberry.type(description="What came of `deleteGoal`.")
class DeleteGoalPayload(GoalPayload):
    """The payload of a deletion: the goal is gone."""
