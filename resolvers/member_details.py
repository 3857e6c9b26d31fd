"""What comes in with a list of members, as far as an operation selects it of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from gateway.loaders.members import MemberDays, MembersKey
from gateway.loaders.statistics import ProjectSum, S, WorkflowSum
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.contributions import arranged, load_projects, selects_last_day
from resolvers.enums import ContributionOrder
from resolvers.lookahead import argues, reaches
from resolvers.project import Project
from resolvers.workflow import Workflow
from resolvers.workflow_contributions import load_workflows, selects_last_day_in_workflows

P = TypeVar("P", Project, Workflow)
_Paths = Sequence[tuple[str, ...]]


class Places(NamedTuple, Generic[S, P]):
    """What the members of a list did in projects, or in workflows."""

    sums: Mapping[int, Sequence[S]]
    days: MemberDays
    #: The projects or workflows by id.
    found: Mapping[int, P]

    def of(self, user_id: int, order: ContributionOrder) -> tuple[Sequence[S], Mapping[int, int]]:
        """A member's sums in order, and their last days as far as these came in."""
        days = self.days.get(user_id, {})
        return arranged(self.sums.get(user_id, ()), order, days), days


class MemberDetails(NamedTuple):
    """What came in with a list of members, for all of them."""

    question: Question
    group_id: int
    projects: Places[ProjectSum, Project]
    workflows: Places[WorkflowSum, Workflow]


async def load_details(info: Info, key: MembersKey, paths: _Paths) -> MemberDetails:
    """The details that the operation selects of members at any of the paths."""
    projects, workflows = await asyncio.gather(
        _projects(info, key, [(*path, "projectContributions") for path in paths]),
        _workflows(info, key, [(*path, "workflowContributions") for path in paths]),
    )
    return MemberDetails(key.question, key.group_id, projects, workflows)


async def _projects(info: Info, key: MembersKey, paths: _Paths) -> Places[ProjectSum, Project]:
    loaders, reached = info.context.loaders, [path for path in paths if reaches(info, *path)]
    if not reached:
        return Places({}, {}, {})
    with_days = any(selects_last_day(info, *path) or _orders(info, path) for path in reached)
    days_asked = loaders.member_last_days.load(key) if with_days else None
    sums, days = await _sums_and_days(loaders.member_contributions.load(key), days_asked)
    ids = {one.project_id for done in sums.values() for one in done}
    found = await load_projects(info, ids, *((*path, "project") for path in reached))
    return Places(sums, days, found)


async def _workflows(info: Info, key: MembersKey, paths: _Paths) -> Places[WorkflowSum, Workflow]:
    loaders, reached = info.context.loaders, [path for path in paths if reaches(info, *path)]
    if not reached:
        return Places({}, {}, {})
    with_days = any(
        selects_last_day_in_workflows(info, *path) or _orders(info, path) for path in reached
    )
    days_asked = loaders.member_workflow_last_days.load(key) if with_days else None
    sums, days = await _sums_and_days(loaders.member_workflow_contributions.load(key), days_asked)
    ids = {one.workflow_id for done in sums.values() for one in done}
    found = await load_workflows(info, ids, *((*path, "workflow") for path in reached))
    return Places(sums, days, found)


async def _sums_and_days(
    sums: asyncio.Future[Mapping[int, tuple[S, ...]]], days: asyncio.Future[MemberDays] | None
) -> tuple[Mapping[int, tuple[S, ...]], MemberDays]:
    if days is None:
        return await sums, {}
    found, last = await asyncio.gather(sums, days)
    return found, last


def _orders(info: Info, path: tuple[str, ...]) -> bool:
    """Whether contributions are asked for in an order, which may be that of their last days."""
    return argues(info, *path, argument="orderBy")
