"""Volunteers: their names, statistics, goals and memberships."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import strawberry

from gateway.arguments import read_id
from gateway.directory import users
from gateway.stats.subject import Kind, Question
from resolvers.certificate import Certificate, load_own_certificates
from resolvers.comment_stats import UserCommentStats
from resolvers.connections import AfterArgument, PageArgument, paged
from resolvers.context import Info
from resolvers.costs import about, costs
from resolvers.goal import Goal
from resolvers.goal_list import (
    GoalStatusesArgument,
    IncludeArchivedArgument,
    load_own_goals,
)
from resolvers.guards import Guard, GuardRule
from resolvers.lookahead import selects
from resolvers.membership import MembershipConnection, RolesArgument, StatesArgument
from resolvers.milestones import AllTimeMilestones, load_all_time_milestones
from resolvers.ranges import RangeArgument
from resolvers.rows import Row, made, row
from resolvers.scopes import (
    ProjectIdsArgument,
    ScopeArgument,
    classifications_in,
    comments_in,
)
from resolvers.statistics import UserStats
from resolvers.user_memberships import (
    MEMBERSHIPS_PAGE,
    load_invitations,
    load_user_memberships,
)
from resolvers.user_permissions import UserPermissions, own_permissions


@row
@strawberry.federation.type(keys=["id"], description="A volunteer with an account.")
class User(Row):
    """A volunteer; names are null if the directory has none or the operation selects none."""

    id: strawberry.ID = strawberry.field(
        description="The number that Panoptes gave them; unique among users."
    )
    login: str | None = strawberry.field(
        description="The name they sign in with, as in URLs; null if not known."
    )
    display_name: str | None = strawberry.field(
        description="The name they show to others, the login if they chose none; null if not known."
    )
    user_id: strawberry.Private[int]

    @classmethod
    def of(cls, user_id: int, record: users.User | None = None) -> Self:
        """The volunteer with this id, and the names of the record."""
        if record is None:
            return made(cls, (str(user_id), None, None, user_id))
        name = record.display_name or record.login
        return made(cls, (str(user_id), record.login, name, user_id))

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> User:  # noqa: A002  (the key's name)
        """Any valid id is a user: another subgraph may know more of them than we do."""
        user_id = read_id("id", id)
        return cls.of(user_id, await info.context.loaders.users.load(user_id))

    @strawberry.field(
        description="What the volunteer classified while logged in.",
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        within: ScopeArgument = None,
    ) -> UserStats | None:
        question = Question(Kind.USER, classifications_in(range, within))
        return UserStats(question=question, subject_id=self.user_id)

    @strawberry.field(
        description="Round numbers of classifications that they reached, and the next one.",
        directives=[costs(50)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def milestones(self, info: Info) -> AllTimeMilestones | None:
        return await load_all_time_milestones(info, Kind.USER, self.user_id)

    @strawberry.field(
        description="What the volunteer wants to reach alone, by ascending id; archived goals only "
        "with `includeArchived`.",
        directives=[costs(10), about(3)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def goals(
        self,
        info: Info,
        statuses: GoalStatusesArgument = None,
        include_archived: IncludeArchivedArgument = False,
    ) -> list[Goal] | None:
        return await load_own_goals(info, self.user_id, statuses, include_archived=include_archived)

    @strawberry.field(
        description="What was certified of the volunteer and not revoked, the last one first.",
        directives=[costs(5), about(5)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def certificates(self, info: Info) -> list[Certificate] | None:
        return await load_own_certificates(info, self.user_id)

    @strawberry.field(
        description="The volunteer's comments on Talk. They are public, as the posts are."
    )
    def comments(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        project_ids: ProjectIdsArgument = None,
    ) -> UserCommentStats | None:
        question = Question(Kind.USER, comments_in(range, project_ids=project_ids))
        return UserCommentStats(question=question, subject_id=self.user_id)

    @strawberry.field(
        description="The volunteer's memberships, by ascending group id; of groups that have "
        "ended only if `states` has INACTIVE.",
        directives=[paged(MEMBERSHIPS_PAGE)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def memberships(
        self,
        info: Info,
        first: PageArgument = MEMBERSHIPS_PAGE,
        after: AfterArgument = None,
        states: StatesArgument = None,
        roles: RolesArgument = None,
    ) -> MembershipConnection | None:
        return await load_user_memberships(info, self.user_id, first, after, states, roles)

    @strawberry.field(
        description="Invitations that the volunteer has neither accepted nor declined, by "
        "ascending group id.",
        directives=[paged(MEMBERSHIPS_PAGE)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def invitations(
        self, info: Info, first: PageArgument = MEMBERSHIPS_PAGE, after: AfterArgument = None
    ) -> MembershipConnection | None:
        return await load_invitations(info, self.user_id, first, after)

    @strawberry.field(description="What the viewer may do as this volunteer, for a page's buttons.")
    def viewer_permissions(self, info: Info) -> UserPermissions:
        return own_permissions(info, self.user_id)


async def load_users(info: Info, ids: Sequence[int], *paths: tuple[str, ...]) -> list[User]:
    """Volunteers in their order; names are read only if the operation selects them at a path."""
    if not any(selects(info, *path, beyond={"id"}) for path in paths):
        return [User.of(user_id) for user_id in ids]
    records = await info.context.loaders.users.load_many(ids)
    return [User.of(user_id, record) for user_id, record in zip(ids, records, strict=True)]
