"""The goals of a group, and a volunteer's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.directory import goals
from resolvers.context import Info
from resolvers.goal import Goal
from resolvers.goal_enums import GoalStatus

if TYPE_CHECKING:
    from resolvers.user_group import UserGroup

GoalStatusesArgument = Annotated[
    list[GoalStatus] | None,
    strawberry.argument(description="Only goals that stand so today. Default: all."),
]
IncludeArchivedArgument = Annotated[
    bool | None, strawberry.argument(description="Whether goals that were put away are listed too.")
]


async def load_group_goals(
    info: Info,
    group: UserGroup,
    statuses: Sequence[GoalStatus] | None,
    *,
    include_archived: bool | None,
) -> list[Goal]:
    """The goals of a group whose aggregates the viewer may see, by ascending id."""
    found = await info.context.loaders.goals_by_group.load(group.group_id)
    listed = [
        Goal.of(one, group, None) for one in _listed(found, include_archived=include_archived)
    ]
    return await _goals_with_status(info, listed, statuses)


async def load_own_goals(
    info: Info,
    user_id: int,
    statuses: Sequence[GoalStatus] | None,
    *,
    include_archived: bool | None,
) -> list[Goal]:
    """A volunteer's own goals, by ascending id, for viewers who may see their private data."""
    from resolvers.user import load_users

    loading = info.context.loaders.goals_by_user.load(user_id)
    (user,) = await load_users(info, [user_id], ("user",))
    found = _listed(await loading, include_archived=include_archived)
    listed = [Goal.of(one, None, user) for one in found]
    return await _goals_with_status(info, listed, statuses)


def _listed(found: Sequence[goals.Goal], *, include_archived: bool | None) -> list[goals.Goal]:
    return [one for one in found if include_archived or not one.archived]


async def _goals_with_status(
    info: Info, listed: list[Goal], statuses: Sequence[GoalStatus] | None
) -> list[Goal]:
    """The goals with one of these statuses today; None is any."""
    states, today = info.context.loaders.goal_states, info.context.today
    questions = [one.question for one in listed]
    states.admit(questions, today)
    if statuses is None or not listed:
        return listed
    wanted: set[object] = {one.value for one in statuses}
    found = await states.statuses(questions, today)
    return [one for one, status in zip(listed, found, strict=True) if status in wanted]
