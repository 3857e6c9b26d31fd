"""Details loaded with a list of members, as far as the operation selects them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from gateway.loaders.loader import Loader
from gateway.loaders.members import MemberDays, MembersKey
from gateway.loaders.statistics import Contribution, Contributions
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.contributions import arranged, load_projects, selects_last_day
from resolvers.enums import ContributionOrder
from resolvers.lookahead import has_argument, reaches
from resolvers.project import Project
from resolvers.workflow import Workflow
from resolvers.workflow_contributions import load_workflows

P = TypeVar("P", Project, Workflow)
_Key = MembersKey[Question]
_Sums = Mapping[int, Contributions]
_Paths = Sequence[tuple[str, ...]]
_LoadersOf = Callable[[Any], tuple[Loader[_Key, _Sums], Loader[_Key, MemberDays]]]


class ContributionsByMember(NamedTuple, Generic[P]):
    """Contributions of the members of a list, to projects or to workflows."""

    sums: Mapping[int, Sequence[Contribution]]
    days: MemberDays
    #: The projects or workflows by id.
    found: Mapping[int, P]

    def of(
        self, user_id: int, order: ContributionOrder
    ) -> tuple[Sequence[Contribution], Mapping[int, int]]:
        """A member's sums in order, and their last days as far as these were loaded."""
        days = self.days.get(user_id, {})
        return arranged(self.sums.get(user_id, ()), order, days), days


class MemberDetails(NamedTuple):
    """Details of all members of a list."""

    question: Question
    group_id: int
    projects: ContributionsByMember[Project]
    workflows: ContributionsByMember[Workflow]


async def load_details(info: Info, key: _Key, paths: _Paths) -> MemberDetails:
    """The details that the operation selects of members at any of the paths."""
    projects, workflows = await asyncio.gather(
        _load_contributions(
            info,
            key,
            [(*path, "projectContributions") for path in paths],
            lambda of: (of.member_contributions, of.member_last_days),
            lambda ids, reached: load_projects(info, ids, *((*one, "project") for one in reached)),
        ),
        _load_contributions(
            info,
            key,
            [(*path, "workflowContributions") for path in paths],
            lambda of: (of.member_workflow_contributions, of.member_workflow_last_days),
            lambda ids, reached: load_workflows(
                info, ids, *((*one, "workflow") for one in reached)
            ),
        ),
    )
    return MemberDetails(key.question, key.group_id, projects, workflows)


async def _load_contributions(
    info: Info,
    key: _Key,
    paths: _Paths,
    loaders: _LoadersOf,
    find: Callable[[set[int], _Paths], Awaitable[Mapping[int, P]]],
) -> ContributionsByMember[P]:
    reached = [path for path in paths if reaches(info, *path)]
    if not reached:
        return ContributionsByMember({}, {}, {})
    contributions, last_days = loaders(info.context.loaders)
    with_days = any(  # an ``orderBy`` may be that by last days
        selects_last_day(info, *path) or has_argument(info, *path, argument="orderBy")
        for path in reached
    )
    loading = contributions.load(key)
    days: MemberDays = {}
    if with_days:
        sums, days = await asyncio.gather(loading, last_days.load(key))
    else:
        sums = await loading
    found = await find({one.id for done in sums.values() for one in done}, reached)
    return ContributionsByMember(sums, days, found)
