"""Goals of groups and volunteers: their terms, and their progress today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.arguments import read_page
from gateway.auth.visibility import ViewerRole
from gateway.calendar import day_date
from gateway.directory import goals
from gateway.execution_hints import batched_field
from gateway.stats.goals.evaluation import GoalState
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.goals.repetition import last_periods, streak
from resolvers.arguments import given
from resolvers.context import Info
from resolvers.contributions import load_projects
from resolvers.costs import about, costs, up_to
from resolvers.goal_contributors import (
    CONTRIBUTORS,
    MOST_CONTRIBUTORS,
    ContributorsArgument,
    GoalContribution,
    load_goal_contributors,
)
from resolvers.goal_enums import GoalMetric, GoalRepeat, GoalStatus
from resolvers.goal_progress import (
    GoalMilestone,
    GoalPeriod,
    GoalProgress,
    milestones_of,
)
from resolvers.guards import Guard, GuardRule
from resolvers.instants import instant
from resolvers.workflow_contributions import load_workflows

if TYPE_CHECKING:
    from resolvers.project import Project
    from resolvers.user import User
    from resolvers.user_group import UserGroup
    from resolvers.workflow import Workflow

#: How many periods a goal shows at most, and how many where ``last`` is left out or null.
MOST_PERIODS, PERIODS = 520, 12

PeriodsArgument = Annotated[
    int | None,
    strawberry.argument(description=f"At most this many of the last ones, 1 to {MOST_PERIODS}."),
]


async def states_of(of: Sequence[Goal], info: Info) -> list[GoalState]:
    """The states of goals today; all fields that need them share one read."""
    questions = [one.question for one in of]
    return await info.context.loaders.goal_states.load_many(questions, info.context.today)


async def statuses(of: Sequence[Goal], info: Info) -> list[GoalStatus]:
    """The status of each goal."""
    return [GoalStatus(state.status) for state in await states_of(of, info)]


async def progresses(of: Sequence[Goal], info: Info) -> list[GoalProgress]:
    """The progress of each goal."""
    return [
        GoalProgress.of(state.progress, one.record.metric.unit)
        for one, state in zip(of, await states_of(of, info), strict=True)
    ]


async def all_milestones(of: Sequence[Goal], info: Info) -> list[list[GoalMilestone]]:
    """The milestones of each goal."""
    return [
        milestones_of(one.record, state)
        for one, state in zip(of, await states_of(of, info), strict=True)
    ]


async def streaks(of: Sequence[Goal], info: Info) -> list[int]:
    """How many periods in a row each goal was reached."""
    return [
        streak(one.question, state.steps, info.context.today)
        for one, state in zip(of, await states_of(of, info), strict=True)
    ]


async def viewer_contributions(of: Sequence[Goal], info: Info) -> list[GoalProgress | None]:
    """The viewer's part of each goal, if any; this makes the answer personal."""
    viewer = info.context.permissions.user_id
    own = {
        index: one.question if one.record.user_id == viewer else one.question.of_user(viewer)
        for index, one in enumerate(of)
        if viewer is not None and one.record.user_id in (None, viewer)
    }
    states = await info.context.loaders.goal_states.load_many([*own.values()], info.context.today)
    known = dict(zip(own, states, strict=True))
    return [
        GoalProgress.of(known[index].progress, one.record.metric.unit) if index in known else None
        for index, one in enumerate(of)
    ]


async def projects_of(of: Sequence[Goal], info: Info) -> list[list[Project] | None]:
    """The projects that each goal is limited to; unknown ones keep their ids."""
    lists = [one.record.project_ids for one in of]
    found = await load_projects(info, (one for ids in lists for one in ids or ()), ())
    return [None if ids is None else [found[one] for one in ids] for ids in lists]


async def workflows_of(of: Sequence[Goal], info: Info) -> list[list[Workflow] | None]:
    """The workflows that each goal is limited to; unknown ones keep their ids."""
    lists = [one.record.workflow_ids for one in of]
    found = await load_workflows(info, (one for ids in lists for one in ids or ()), ())
    return [None if ids is None else [found[one] for one in ids] for ids in lists]


async def creators(of: Sequence[Goal], info: Info) -> list[User | None]:
    """The creator of each goal, where the viewer may see an admin's name."""
    from resolvers.user import load_users

    creator_ids = [one.record.created_by if one.shows_creator else None for one in of]
    ids = sorted({one for one in creator_ids if one is not None})
    found: dict[int | None, User] = {}
    found |= zip(ids, await load_users(info, ids, ()), strict=True)
    return [found.get(one) for one in creator_ids]


@strawberry.type(
    description="Something that a group or a volunteer wants to reach. How far it is is counted in "
    "each answer, from the same events as all statistics."
)
class Goal:
    """A goal of a group or of a volunteer."""

    id: strawberry.ID = strawberry.field(description="Unique among goals, as a number in text.")
    user_group: Annotated[UserGroup, strawberry.lazy("resolvers.user_group")] | None = (
        strawberry.field(description="Whose goal it is; null for the goal of a volunteer.")
    )
    user: Annotated[User, strawberry.lazy("resolvers.user")] | None = strawberry.field(
        description="Whose own goal it is; null for the goal of a group."
    )
    title: str | None = strawberry.field(
        description="Up to 120 characters of plain text on one line; null if it has none, so that "
        "a page words it from the metric."
    )
    metric: GoalMetric = strawberry.field(description="What is counted.")
    target: int = strawberry.field(
        description="How much is to be reached: hours for HOURS; in each period if it repeats."
    )
    start: date = strawberry.field(description="The first day that counts.")
    end: date | None = strawberry.field(
        description="The last day that counts; null for a goal without an end."
    )
    repeats: GoalRepeat | None = strawberry.field(
        description="In which period the target is to be reached anew; null if it is once."
    )
    archived: bool = strawberry.field(
        description="Whether it was put away: it is counted as before, and listed only with "
        "`includeArchived`."
    )
    created_at: datetime = strawberry.field(description="When it was created.")
    revision: str = strawberry.field(
        description="Grows with each change of it; `updateGoal` and `deleteGoal` take it as "
        "`expectedRevision`."
    )
    record: strawberry.Private[goals.Goal]
    question: strawberry.Private[GoalQuestion]

    projects: list[Annotated[Project, strawberry.lazy("resolvers.project")]] | None = batched_field(
        projects_of,
        description="The projects in which it counts, by ascending id; null if it counts in all, "
        "or in some workflows.",
        directives=[about(2)],
    )
    workflows: list[Annotated[Workflow, strawberry.lazy("resolvers.workflow")]] | None = (
        batched_field(
            workflows_of,
            description="The workflows in which it counts, by ascending id; null if it counts in "
            "all, or in some projects.",
            directives=[about(2)],
        )
    )
    status: GoalStatus = batched_field(statuses, description="How it stands today, in UTC.")
    progress: GoalProgress = batched_field(
        progresses, description="How far it is today: its value, pace and expected day."
    )
    milestones: list[GoalMilestone] = batched_field(
        all_milestones,
        description="The values to celebrate, ascending, and as the last one the target.",
        directives=[about(4)],
    )
    streak: int = batched_field(
        streaks,
        description="If it repeats, how many periods up to now were reached in a row: the running "
        "one counts once it is reached, and breaks nothing. Else 0.",
    )
    viewer_contribution: GoalProgress | None = batched_field(
        viewer_contributions,
        description="What the viewer did of it, measured against the whole target as if nobody "
        "else took part. Null for viewers who are not signed in, and for the own goal of somebody "
        "else.",
        directives=[costs(10)],
    )
    created_by: Annotated[User, strawberry.lazy("resolvers.user")] | None = batched_field(
        creators,
        description="Who created it. Null for whoever is no member of the group, if a site "
        "operator created it, and for accounts that were erased.",
    )

    @classmethod
    def of(cls, record: goals.Goal, group: UserGroup | None, user: User | None) -> Self:
        """Convert a record to the goal of its group or volunteer."""
        return cls(
            id=strawberry.ID(str(record.id)),
            user_group=group,
            user=user,
            title=record.title,
            metric=GoalMetric(record.metric),
            target=record.target,
            start=day_date(record.start_day),
            end=None if record.end_day is None else day_date(record.end_day),
            repeats=None if record.repeats is None else GoalRepeat(record.repeats),
            archived=record.archived,
            created_at=instant(record.created_at),
            revision=str(record.revision),
            record=record,
            question=record.question,
        )

    @property
    def group_id(self) -> int | None:
        """The group, for the guards; None for the goal of a volunteer."""
        return self.record.group_id

    @property
    def user_id(self) -> int | None:
        """The volunteer whose own goal it is, for the guards."""
        return self.record.user_id

    @property
    def shows_creator(self) -> bool:
        """Whether the viewer may know who created it: an admin's name is for members."""
        if self.user_group is None:
            return True
        return self.user_group.access.permissions.role >= ViewerRole.MEMBER

    @strawberry.field(
        description="If it repeats, its periods up to now, the newest last and without gaps; else "
        "none.",
        directives=[up_to("last", otherwise=PERIODS)],
    )
    async def periods(self, info: Info, last: PeriodsArgument = PERIODS) -> list[GoalPeriod]:
        size = read_page(given(last, PERIODS), "last", most=MOST_PERIODS)
        (state,) = await states_of([self], info)
        found = last_periods(self.question, state.steps, info.context.today, size)
        return [GoalPeriod.of(one, self.record) for one in found]

    @strawberry.field(
        description="The volunteers who did most for it over all its days: most session time first "
        "for HOURS, else most classifications. Null for the goal of a volunteer.",
        directives=[up_to("first", otherwise=CONTRIBUTORS)],
        extensions=[Guard(GuardRule.GROUP_INDIVIDUALS)],
    )
    async def contributors(
        self, info: Info, first: ContributorsArgument = CONTRIBUTORS
    ) -> list[GoalContribution] | None:
        size = read_page(given(first, CONTRIBUTORS), most=MOST_CONTRIBUTORS)
        if self.group_id is None:
            return None
        return await load_goal_contributors(info, self.question, size)
