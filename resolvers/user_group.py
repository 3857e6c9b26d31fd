"""Groups of volunteers: names, members, statistics, and the viewer's permissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Self

import strawberry

from gateway.arguments import read_id, read_page, read_search
from gateway.directory import memberships as directory
from gateway.errors import NotFound
from gateway.loaders.access import GroupAccess
from gateway.stats.subject import Kind, Question
from resolvers.arguments import given
from resolvers.connections import AfterArgument, Page, PageArgument, page_of, paged
from resolvers.context import Info
from resolvers.costs import about, costs
from resolvers.cursors import id_cursor, read_id_cursor
from resolvers.goal import Goal
from resolvers.goal_list import (
    GoalStatusesArgument,
    IncludeArchivedArgument,
    load_group_goals,
)
from resolvers.group_history import HISTORY_PAGE, GroupChangeConnection, load_history
from resolvers.group_permissions import GroupPermissions, permissions_of
from resolvers.group_stats import GroupStats
from resolvers.guards import Guard, GuardRule
from resolvers.instants import optional_instant
from resolvers.join_link import JoinLink, load_join_link
from resolvers.membership import (
    MemberSearchArgument,
    Membership,
    MembershipConnection,
    RolesArgument,
    StatesArgument,
    filter_memberships,
    load_membership_connection,
    load_own_membership,
    search_memberships,
)
from resolvers.membership_counts import MembershipCounts, load_membership_counts
from resolvers.milestones import AllTimeMilestones, load_all_time_milestones
from resolvers.ranges import RangeArgument
from resolvers.roster import GroupMemberConnection, load_roster
from resolvers.scopes import ScopeArgument, classifications_in
from resolvers.visibility import StatsVisibility

#: The default of `first`.
ROSTER_PAGE = 100


@strawberry.federation.type(
    keys=["id"], description="A group of volunteers who count together, such as a class."
)
class UserGroup:
    """A group. Its existence and names are public; its statistics follow its visibility."""

    id: strawberry.ID = strawberry.field(
        description="The number that Panoptes gave it; unique among groups."
    )
    name: str | None = strawberry.field(
        description="Unique among groups, as in URLs; null if not known."
    )
    display_name: str | None = strawberry.field(
        description="Its title for people, the name if it has none; null if not known."
    )
    stats_visibility: StatsVisibility = strawberry.field(
        description="The level that the group's admins chose; the guards below follow it."
    )
    active: bool = strawberry.field(
        description="Whether the group goes on. One that has ended exists for site admins and who "
        "led it when it was deactivated."
    )
    created_at: datetime | None = strawberry.field(
        description="When it was created; null if not known."
    )
    updated_at: datetime | None = strawberry.field(
        description="When its names, visibility or state last changed; null if not known."
    )
    access: strawberry.Private[GroupAccess]

    @property
    def group_id(self) -> int:
        """The group, for the guards."""
        return self.access.group.id

    @classmethod
    def of(cls, access: GroupAccess) -> Self:
        """The group that a decision is about."""
        group = access.group
        return cls(
            id=strawberry.ID(str(group.id)),
            name=group.name,
            display_name=group.display_name or group.name,
            stats_visibility=StatsVisibility(group.stats_visibility),
            active=not group.ended,
            created_at=optional_instant(group.created_at),
            updated_at=optional_instant(group.updated_at),
            access=access,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> UserGroup:  # noqa: A002  (the key's name)
        """The group, if it exists for the viewer."""
        group_id = read_id("id", id)
        access = await info.context.loaders.access.load(group_id)
        if access is None:
            raise NotFound("group", group_id)
        return cls.of(access)

    @strawberry.field(
        description="What counts for the group: what its members classified while they were "
        "members, and what a backfill added. For groups of a file or of Panoptes, the "
        "classifications that named it when they were made.",
        extensions=[Guard(GuardRule.GROUP_AGGREGATES)],
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        within: ScopeArgument = None,
    ) -> GroupStats | None:
        question = Question(Kind.GROUP, classifications_in(range, within))
        return GroupStats(question=question, subject_id=self.group_id)

    @strawberry.field(
        description="Grows with each change of what `updateUserGroup` changes, which takes it as "
        "`expectedRevision`.",
        extensions=[Guard(GuardRule.GROUP_ADMINS)],
    )
    def revision(self) -> str | None:
        return str(self.access.group.revision)

    @strawberry.field(
        description="Members of now: others than all who have ever classified for the group.",
        extensions=[Guard(GuardRule.GROUP_AGGREGATES)],
    )
    async def member_count(self, info: Info) -> int | None:
        counts = await info.context.loaders.membership_counts.load(self.group_id)
        return counts.members

    @strawberry.field(
        description="Whether anybody leads the group. An account that is erased may have been its "
        "last admin: then a site admin appoints another.",
        extensions=[Guard(GuardRule.GROUP_AGGREGATES)],
    )
    async def has_admin(self, info: Info) -> bool | None:
        counts = await info.context.loaders.membership_counts.load(self.group_id)
        return counts.admins > 0

    @strawberry.field(description="What the viewer may do with the group, for a page's buttons.")
    def viewer_permissions(self, info: Info) -> GroupPermissions:
        return permissions_of(info, self.access)

    @strawberry.field(
        description="The link by which people join; null if the group has none. The answer is a "
        "secret, which no cache stores.",
        extensions=[Guard(GuardRule.GROUP_LEADERS)],
    )
    async def join_link(self, info: Info) -> JoinLink | None:
        return await load_join_link(info, self.group_id)

    @strawberry.field(
        description="Round numbers of classifications that the group reached, and the next one.",
        directives=[costs(50)],
        extensions=[Guard(GuardRule.GROUP_AGGREGATES)],
    )
    async def milestones(self, info: Info) -> AllTimeMilestones | None:
        return await load_all_time_milestones(info, Kind.GROUP, self.group_id)

    @strawberry.field(
        description="What the group wants to reach, by ascending id; archived goals only with "
        "`includeArchived`.",
        directives=[costs(10), about(5)],
        extensions=[Guard(GuardRule.GROUP_AGGREGATES)],
    )
    async def goals(
        self,
        info: Info,
        statuses: GoalStatusesArgument = None,
        include_archived: IncludeArchivedArgument = False,
    ) -> list[Goal] | None:
        return await load_group_goals(info, self, statuses, include_archived=include_archived)

    @strawberry.field(description="The viewer's own membership in any state; null without one.")
    async def viewer_membership(self, info: Info) -> Membership | None:
        return await load_own_membership(info, self)

    @strawberry.field(
        description="The roster: active members with a role, by ascending id.",
        directives=[paged(ROSTER_PAGE)],
        extensions=[Guard(GuardRule.GROUP_INDIVIDUALS)],
    )
    async def members(
        self, info: Info, first: PageArgument = ROSTER_PAGE, after: AfterArgument = None
    ) -> GroupMemberConnection | None:
        found = await info.context.loaders.memberships_by_group.load(self.group_id)
        members = [one for one in found if one.is_effective]
        return await load_roster(info, _page(members, first, after), len(members))

    @strawberry.field(
        description=(
            "All memberships of the group, including invited and former members, by ascending "
            "id of the volunteer."
        ),
        directives=[paged(ROSTER_PAGE)],
        extensions=[Guard(GuardRule.GROUP_ADMINS)],
    )
    async def memberships(
        self,
        info: Info,
        first: PageArgument = ROSTER_PAGE,
        after: AfterArgument = None,
        states: StatesArgument = None,
        roles: RolesArgument = None,
        search: MemberSearchArgument = None,
    ) -> MembershipConnection | None:
        key = read_search(search)
        found = await info.context.loaders.memberships_by_group.load(self.group_id)
        held = await search_memberships(info, filter_memberships(found, states, roles), key)
        return await load_membership_connection(info, _page(held, first, after), len(held))

    @strawberry.field(
        description="How many memberships there are, by state.",
        extensions=[Guard(GuardRule.GROUP_ADMINS)],
    )
    async def membership_counts(self, info: Info) -> MembershipCounts | None:
        return await load_membership_counts(info, self.group_id)

    @strawberry.field(
        description="What was changed in the group, newest first.",
        directives=[paged(HISTORY_PAGE)],
        extensions=[Guard(GuardRule.GROUP_ADMINS)],
    )
    async def history(
        self, info: Info, first: PageArgument = HISTORY_PAGE, after: AfterArgument = None
    ) -> GroupChangeConnection | None:
        return await load_history(info, self.group_id, first, after)


def _page(
    found: Sequence[directory.Membership], first: int | None, after: str | None
) -> Page[directory.Membership]:
    """A page of memberships, which come by ascending user."""
    size = read_page(given(first, ROSTER_PAGE))
    behind = read_id_cursor(after)
    later = (one for one in found if one.user_id > behind)
    return page_of(tuple(islice(later, size + 1)), size, after, _cursor_of)


def _cursor_of(one: directory.Membership) -> str:
    return id_cursor(one.user_id)
