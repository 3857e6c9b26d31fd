"""Every field of the schema says who may see it: anybody, by name and reason, or by a guard."""

from __future__ import annotations

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_introspection_type

from tests.authorization.mission import GUARDED, Rule
from tests.authorization.walk import SERVED, declared_guards

#: How the schema writes the mission's rules.
WRITTEN = {
    "GROUP_AGGREGATES": Rule.AGGREGATES,
    "GROUP_INDIVIDUALS": Rule.INDIVIDUALS,
    "GROUP_ADMINS": Rule.GROUP_ADMINS,
    "GROUP_LEADERS": Rule.LEADERS,
    "OWN_STATS": Rule.OWN,
    "GROUPS_COUNT": Rule.GROUPS_COUNT,
    "SITE_ADMIN": Rule.SITE_ADMINS,
}

#: What needs no guard, and why.
PUBLIC: dict[str, set[str]] = {
    "they lead to entities, which decide for themselves": {
        "Query._entities",
        "ProjectConnection.edges",
        "ProjectConnection.nodes",
        "ProjectEdge.cursor",
        "ProjectEdge.node",
        "UserGroupConnection.edges",
        "UserGroupConnection.nodes",
        "UserGroupEdge.cursor",
        "UserGroupEdge.node",
        "WorkflowConnection.edges",
        "WorkflowConnection.nodes",
        "WorkflowEdge.cursor",
        "WorkflowEdge.node",
        "Query.me",
        "Query.project",
        "Query.projectBySlug",
        "Query.projectsByIds",
        "Query.user",
        "Query.userByLogin",
        "Query.userGroup",
        "Query.userGroupByName",
        "Query.userGroupsByIds",
        "Query.usersByIds",
        "Query.workflow",
        "Query.workflowsByIds",
    },
    "lists have what is public, for whoever asks": {
        "ProjectConnection.pageInfo",
        "ProjectConnection.totalCount",
        "Query.projects",
        "Query.userGroups",
        "Query.workflows",
        "UserGroupConnection.pageInfo",
        "UserGroupConnection.totalCount",
        "WorkflowConnection.pageInfo",
        "WorkflowConnection.totalCount",
    },
    "the schema itself is public": {"Query._service", "_Service.sdl"},
    "what the site, its projects and their workflows came to is public": {
        "Query.classifications",
        "ProjectStats.activeUsers",
        "ProjectStats.anonymousCount",
        "ProjectStats.anonymousShare",
        "ProjectStats.buckets",
        "ProjectStats.comparedWith",
        "ProjectStats.firstDay",
        "ProjectStats.lastDay",
        "ProjectStats.meanTimeSpent",
        "ProjectStats.newUsers",
        "ProjectStats.timeSpent",
        "ProjectStats.totalCount",
        "SiteStats.activeUsers",
        "SiteStats.anonymousCount",
        "SiteStats.anonymousShare",
        "SiteStats.buckets",
        "SiteStats.comparedWith",
        "SiteStats.firstDay",
        "SiteStats.lastDay",
        "SiteStats.meanTimeSpent",
        "SiteStats.timeSpent",
        "SiteStats.totalCount",
        "WorkflowStats.activeUsers",
        "WorkflowStats.anonymousCount",
        "WorkflowStats.anonymousShare",
        "WorkflowStats.buckets",
        "WorkflowStats.comparedWith",
        "WorkflowStats.firstDay",
        "WorkflowStats.lastDay",
        "WorkflowStats.meanTimeSpent",
        "WorkflowStats.timeSpent",
        "WorkflowStats.totalCount",
        "Project.classifications",
        "Project.displayName",
        "Project.id",
        "Project.slug",
        "Project.workflows",
        "Workflow.active",
        "Workflow.classifications",
        "Workflow.completeness",
        "Workflow.displayName",
        "Workflow.estimatedDaysToCompletion",
        "Workflow.id",
        "Workflow.project",
        "Workflow.retirementCount",
        "Workflow.subjectsCount",
    },
    "comments are public, as the posts on Talk are": {
        "Query.comments",
        "CommentBucket.count",
        "CommentBucket.startsOn",
        "CommentStats.buckets",
        "CommentStats.comparedWith",
        "CommentStats.firstDay",
        "CommentStats.lastDay",
        "CommentStats.totalCount",
        "Project.comments",
        "ProjectCommentContribution.count",
        "ProjectCommentContribution.project",
        "ProjectCommentStats.buckets",
        "ProjectCommentStats.comparedWith",
        "ProjectCommentStats.firstDay",
        "ProjectCommentStats.lastDay",
        "ProjectCommentStats.totalCount",
        "SiteCommentStats.buckets",
        "SiteCommentStats.comparedWith",
        "SiteCommentStats.firstDay",
        "SiteCommentStats.lastDay",
        "SiteCommentStats.totalCount",
        "UserCommentStats.buckets",
        "UserCommentStats.comparedWith",
        "UserCommentStats.firstDay",
        "UserCommentStats.lastDay",
        "UserCommentStats.projectContributions",
        "UserCommentStats.totalCount",
        "User.comments",
    },
    "names of volunteers are public": {"User.displayName", "User.id", "User.login"},
    "that a group exists, its names and its level are public, unless it is hidden": {
        "UserGroup.active",
        "UserGroup.createdAt",
        "UserGroup.displayName",
        "UserGroup.id",
        "UserGroup.name",
        "UserGroup.statsVisibility",
        "UserGroup.updatedAt",
    },
    "it tells the viewer what they may do themselves": {
        "UserGroup.viewerPermissions",
        "GroupPermissions.deactivate",
        "GroupPermissions.edit",
        "GroupPermissions.leave",
        "GroupPermissions.manageMembers",
        "GroupPermissions.reactivate",
        "GroupPermissions.seeMembers",
        "GroupPermissions.seeTotals",
    },
    "the rules of group life decide about whoever does it, and again about what they are told": {
        "AcceptInvitationPayload.changed",
        "AcceptInvitationPayload.membership",
        "AcceptInvitationPayload.userErrors",
        "AcceptInvitationPayload.userGroup",
        "CreateUserGroupPayload.changed",
        "CreateUserGroupPayload.userErrors",
        "CreateUserGroupPayload.userGroup",
        "DeactivateUserGroupPayload.changed",
        "DeactivateUserGroupPayload.userErrors",
        "DeactivateUserGroupPayload.userGroup",
        "DeclineInvitationPayload.changed",
        "DeclineInvitationPayload.membership",
        "DeclineInvitationPayload.userErrors",
        "DeclineInvitationPayload.userGroup",
        "InviteToUserGroupPayload.alreadyMembers",
        "InviteToUserGroupPayload.changed",
        "InviteToUserGroupPayload.invitations",
        "InviteToUserGroupPayload.userErrors",
        "InviteToUserGroupPayload.userGroup",
        "JoinUserGroupPayload.changed",
        "JoinUserGroupPayload.membership",
        "JoinUserGroupPayload.userErrors",
        "JoinUserGroupPayload.userGroup",
        "LeaveUserGroupPayload.changed",
        "LeaveUserGroupPayload.membership",
        "LeaveUserGroupPayload.userErrors",
        "LeaveUserGroupPayload.userGroup",
        "Mutation.acceptInvitation",
        "Mutation.createUserGroup",
        "Mutation.deactivateUserGroup",
        "Mutation.declineInvitation",
        "Mutation.inviteToUserGroup",
        "Mutation.joinUserGroup",
        "Mutation.leaveUserGroup",
        "Mutation.reactivateUserGroup",
        "Mutation.removeMembers",
        "Mutation.setMemberRole",
        "Mutation.updateJoinLink",
        "Mutation.updateUserGroup",
        "ReactivateUserGroupPayload.changed",
        "ReactivateUserGroupPayload.userErrors",
        "ReactivateUserGroupPayload.userGroup",
        "RemoveMembersPayload.changed",
        "RemoveMembersPayload.removed",
        "RemoveMembersPayload.userErrors",
        "RemoveMembersPayload.userGroup",
        "SetMemberRolePayload.changed",
        "SetMemberRolePayload.membership",
        "SetMemberRolePayload.userErrors",
        "SetMemberRolePayload.userGroup",
        "UpdateJoinLinkPayload.changed",
        "UpdateJoinLinkPayload.joinLink",
        "UpdateJoinLinkPayload.userErrors",
        "UpdateJoinLinkPayload.userGroup",
        "UpdateUserGroupPayload.changed",
        "UpdateUserGroupPayload.userErrors",
        "UpdateUserGroupPayload.userGroup",
        "UserError.code",
        "UserError.message",
        "UserError.path",
    },
    "it is the viewer's own": {"UserGroup.viewerMembership"},
    "it stands below the viewer's own, or below a guard": {
        "Membership.endedAt",
        "Membership.endedBy",
        "Membership.group",
        "Membership.id",
        "Membership.roles",
        "Membership.since",
        "Membership.state",
        "Membership.user",
    },
    "it stands below a guard": {
        "GroupChange.actor",
        "GroupChange.at",
        "GroupChange.id",
        "GroupChange.kind",
        "GroupChange.subject",
        "GroupChange.summary",
        "GroupChangeConnection.edges",
        "GroupChangeConnection.nodes",
        "GroupChangeConnection.pageInfo",
        "GroupChangeConnection.totalCount",
        "GroupChangeEdge.cursor",
        "GroupChangeEdge.node",
        "JoinLink.createdAt",
        "JoinLink.enabled",
        "JoinLink.expiresAt",
        "JoinLink.token",
        "JoinLink.url",
        "MembershipCounts.active",
        "MembershipCounts.admins",
        "MembershipCounts.inactive",
        "MembershipCounts.invited",
        "GatewayStats.classifications",
        "GatewayStats.comments",
        "GatewayStats.dataVersion",
        "GatewayStats.lastEventAt",
        "GatewayStats.ledgerSize",
        "GroupCountBucket.count",
        "GroupCountBucket.startsOn",
        "GroupCountByVisibility.count",
        "GroupCountByVisibility.statsVisibility",
        "GroupCounts.buckets",
        "GroupCounts.byStatsVisibility",
        "GroupCounts.totalCount",
        "GroupStats.activeUsers",
        "GroupStats.buckets",
        "GroupStats.comparedWith",
        "GroupStats.firstDay",
        "GroupStats.lastDay",
        "GroupStats.meanTimeSpent",
        "GroupStats.projectContributions",
        "GroupStats.projectCount",
        "GroupStats.timeSpent",
        "GroupStats.totalCount",
        "MemberContribution.count",
        "MemberContribution.projectContributions",
        "MemberContribution.timeSpent",
        "MemberContribution.user",
        "GroupMemberConnection.edges",
        "GroupMemberConnection.nodes",
        "GroupMemberConnection.pageInfo",
        "GroupMemberConnection.totalCount",
        "GroupMemberEdge.cursor",
        "GroupMemberEdge.node",
        "GroupMemberEdge.roles",
        "GroupMemberEdge.since",
        "MembershipConnection.edges",
        "MembershipConnection.nodes",
        "MembershipConnection.pageInfo",
        "MembershipConnection.totalCount",
        "MembershipEdge.cursor",
        "MembershipEdge.node",
        "MemberContributionConnection.edges",
        "MemberContributionConnection.nodes",
        "MemberContributionConnection.pageInfo",
        "MemberContributionConnection.totalCount",
        "MemberContributionEdge.cursor",
        "MemberContributionEdge.node",
        "ProjectContribution.count",
        "ProjectContribution.lastContributedOn",
        "ProjectContribution.project",
        "ProjectContribution.timeSpent",
        "MemberContribution.buckets",
        "MemberContribution.workflowContributions",
        "GroupStats.workflowContributions",
        "UserStats.workflowContributions",
        "WorkflowContribution.count",
        "WorkflowContribution.lastContributedOn",
        "WorkflowContribution.timeSpent",
        "WorkflowContribution.workflow",
        "VolunteerContribution.count",
        "VolunteerContribution.timeSpent",
        "VolunteerContribution.user",
        "UnusualDay.count",
        "UnusualDay.day",
        "UnusualDay.timeSpent",
        "UnusualVolunteer.days",
        "UnusualVolunteer.user",
        "UnusualVolunteerConnection.edges",
        "UnusualVolunteerConnection.nodes",
        "UnusualVolunteerConnection.pageInfo",
        "UnusualVolunteerConnection.totalCount",
        "UnusualVolunteerEdge.cursor",
        "UnusualVolunteerEdge.node",
        "UserStats.buckets",
        "UserStats.comparedWith",
        "UserStats.firstDay",
        "UserStats.lastDay",
        "UserStats.meanTimeSpent",
        "UserStats.projectContributions",
        "UserStats.projectCount",
        "UserStats.timeSpent",
        "UserStats.totalCount",
    },
    "it is a part of what leads to it": {
        "ClassificationStats.buckets",
        "ClassificationStats.comparedWith",
        "ClassificationStats.firstDay",
        "ClassificationStats.lastDay",
        "ClassificationStats.meanTimeSpent",
        "ClassificationStats.timeSpent",
        "ClassificationStats.totalCount",
        "NewUsersBucket.count",
        "NewUsersBucket.startsOn",
        "PeriodBucket.activeUsers",
        "PageInfo.endCursor",
        "PageInfo.hasNextPage",
        "PageInfo.hasPreviousPage",
        "PageInfo.startCursor",
        "PeriodBucket.count",
        "PeriodBucket.startsOn",
        "PeriodBucket.timeSpent",
    },
}


def fields() -> dict[str, str]:
    """Every field of the schema, and the type of what it gives."""
    return {
        f"{name}.{field}": get_named_type(given.type).name
        for name, kind in SERVED.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        if not is_introspection_type(kind)
        for field, given in kind.fields.items()
    }


def test_every_field_is_declared_public_or_carries_a_guard() -> None:
    public = set().union(*PUBLIC.values())
    undeclared = fields().keys() - public - declared_guards().keys()
    assert not undeclared, f"Say who may see {sorted(undeclared)}: by a guard, or here as public."
    assert public <= fields().keys(), "gone from the schema"
    assert not public & declared_guards().keys(), "public and guarded"
    assert sum(map(len, PUBLIC.values())) == len(public), "declared twice"


def test_guards_carry_the_rules_of_the_mission() -> None:
    assert {name: WRITTEN[rule] for name, rule in declared_guards().items()} == GUARDED


def reached(without: set[str]) -> set[str]:
    """The types that an operation reaches from the root without these fields."""
    found, waiting = set(), ["Query"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [
                given
                for field, given in fields().items()
                if field.split(".")[0] == name and field not in without
            ]
    return found


def types_of(reason: str) -> set[str]:
    return {field.split(".")[0] for field in PUBLIC[reason]}


def test_what_stands_below_a_guard_cannot_be_reached_around_it() -> None:
    below, own = (
        "it stands below a guard",
        "it stands below the viewer's own, or below a guard",
    )
    assert types_of(below) | types_of(own) <= reached(without=set())
    assert not types_of(below) & reached(without=set(GUARDED))
    assert types_of(own) <= reached(without=set(GUARDED))
    assert not types_of(own) & reached(without={*GUARDED, "UserGroup.viewerMembership"})


def test_an_entity_that_a_router_asks_for_is_one_that_decides_for_itself() -> None:
    entities = {kind.name for kind in SERVED.type_map["_Entity"].types}  # type: ignore[attr-defined]
    assert entities == {"Project", "User", "UserGroup", "Workflow"}
