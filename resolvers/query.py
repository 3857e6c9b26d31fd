"""The root of every query."""

from __future__ import annotations

from typing import Annotated

import strawberry

from gateway.arguments import read_id, read_ids
from gateway.directory import users
from gateway.errors import NotFound
from gateway.stats.subject import Kind, Question
from resolvers.arguments import IdArgument
from resolvers.certificate import Certificate, CodeArgument, find_certificate
from resolvers.comment_stats import SiteCommentStats
from resolvers.connections import AfterArgument, PageArgument, paged
from resolvers.context import Info
from resolvers.costs import about, costs
from resolvers.enums import ProjectOrder, WorkflowOrder
from resolvers.gateway_stats import GatewayStats, load_gateway_stats
from resolvers.group_counts import (
    GroupAlternatives,
    GroupCounts,
    GroupDateField,
    read_question,
)
from resolvers.group_list import UserGroupConnection, list_user_groups
from resolvers.guards import Guard, GuardRule
from resolvers.listing import LIST_COST, LIST_PAGE, SearchArgument
from resolvers.look_ups import (
    LoginArgument,
    NameArgument,
    SlugArgument,
    find_project,
    find_user,
    find_user_group,
)
from resolvers.project import Project
from resolvers.project_list import ProjectConnection, ProjectOrderArgument, list_projects
from resolvers.ranges import DateRange, RangeArgument, days_in
from resolvers.scopes import (
    ProjectIdsArgument,
    ScopeArgument,
    UserIdsArgument,
    classifications_in,
    comments_in,
)
from resolvers.service import Service
from resolvers.statistics import SiteStats
from resolvers.user import User
from resolvers.user_group import UserGroup
from resolvers.workflow import Workflow
from resolvers.workflow_list import (
    ActiveArgument,
    WorkflowConnection,
    WorkflowListArguments,
    WorkflowOrderArgument,
    list_workflows,
)

_Ids = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Up to 1,000 ids; the answer has the same order."),
]

#: The assumed number of ids, for routers: they do not count ids as the gateway does.
_MANY = 50

_GroupRange = Annotated[
    DateRange, strawberry.argument(description="The days in which the groups' date must be.")
]
_Where = Annotated[
    list[GroupAlternatives] | None,
    strawberry.argument(description="Each list must have at least one condition that holds."),
]
_DateField = Annotated[
    GroupDateField | None, strawberry.argument(description="The date that must be in the range.")
]


@strawberry.type(description="Statistics of volunteers, groups, projects, workflows and the site.")
class Query:
    """The fields of queries; an unknown entity is null, with NOT_FOUND unless it is in a list."""

    @strawberry.field(
        name="_service", description="The schema from which a federated graph is composed."
    )
    def service(self) -> Service:
        return Service()

    @strawberry.field(description="The volunteer of the token; null without a token.")
    async def me(self, info: Info) -> User | None:
        viewer = info.context.permissions
        user_id = viewer.user_id
        if user_id is None:
            return None
        known = await info.context.loaders.users.load(user_id)
        login = (known.login if known else None) or viewer.login
        name = (known.display_name or known.login) if known else None
        name = name or viewer.display_name or viewer.login
        return User.of(user_id, users.User(user_id, login, name))

    @strawberry.field(
        description="The volunteer with an id; null with NOT_FOUND if nobody has heard of them."
    )
    async def user(self, info: Info, id: IdArgument) -> User | None:  # noqa: A002
        user_id = read_id("id", id)
        record = await info.context.loaders.users.load(user_id)
        if record is None:
            raise NotFound("user", user_id)
        return User.of(user_id, record)

    @strawberry.field(description="Volunteers; null for an unknown id.", directives=[about(_MANY)])
    async def users_by_ids(self, info: Info, ids: _Ids) -> list[User | None]:
        records = await info.context.loaders.users.load_many(read_ids("ids", ids))
        return [None if record is None else User.of(record.id, record) for record in records]

    @strawberry.field(
        description="The group with an id; null with NOT_FOUND if it does not exist for the viewer."
    )
    async def user_group(self, info: Info, id: IdArgument) -> UserGroup | None:  # noqa: A002
        return await UserGroup.resolve_reference(info, id)

    @strawberry.field(description="Groups; null for an unknown id.", directives=[about(_MANY)])
    async def user_groups_by_ids(self, info: Info, ids: _Ids) -> list[UserGroup | None]:
        decisions = await info.context.loaders.access.load_many(read_ids("ids", ids))
        return [None if access is None else UserGroup.of(access) for access in decisions]

    @strawberry.field(description="The project with an id; null with NOT_FOUND if it is not known.")
    async def project(self, info: Info, id: IdArgument) -> Project | None:  # noqa: A002
        return await Project.resolve_reference(info, id)

    @strawberry.field(description="Projects; null for an unknown id.", directives=[about(_MANY)])
    async def projects_by_ids(self, info: Info, ids: _Ids) -> list[Project | None]:
        records = await info.context.loaders.projects.load_many(read_ids("ids", ids))
        return [None if record is None else Project.of(record.id, record) for record in records]

    @strawberry.field(
        description="The workflow with an id; null with NOT_FOUND if it is not known."
    )
    async def workflow(self, info: Info, id: IdArgument) -> Workflow | None:  # noqa: A002
        return await Workflow.resolve_reference(info, id)

    @strawberry.field(description="Workflows; null for an unknown id.", directives=[about(_MANY)])
    async def workflows_by_ids(self, info: Info, ids: _Ids) -> list[Workflow | None]:
        records = await info.context.loaders.workflows.load_many(read_ids("ids", ids))
        return [None if record is None else Workflow.of(record) for record in records]

    @strawberry.field(
        description="The volunteer with this login. Of several that differ in letter case alone: "
        "the one spelled so, else the lowest id."
    )
    async def user_by_login(self, info: Info, login: LoginArgument) -> User | None:
        return await find_user(info, login)

    @strawberry.field(
        description="The project with this slug. Of several that differ in letter case alone: "
        "the one spelled so, else the lowest id."
    )
    async def project_by_slug(self, info: Info, slug: SlugArgument) -> Project | None:
        return await find_project(info, slug)

    @strawberry.field(
        description="The group with this name, if it exists for the viewer. Of several that "
        "differ in letter case alone: the one spelled so, else the lowest id."
    )
    async def user_group_by_name(self, info: Info, name: NameArgument) -> UserGroup | None:
        return await find_user_group(info, name)

    @strawberry.field(
        description="Projects that a search finds. By activity, all of them are put in order "
        "first.",
        directives=[costs(LIST_COST), paged(LIST_PAGE)],
    )
    async def projects(
        self,
        info: Info,
        search: SearchArgument = None,
        order_by: ProjectOrderArgument = ProjectOrder.NAME,
        first: PageArgument = LIST_PAGE,
        after: AfterArgument = None,
    ) -> ProjectConnection | None:
        return await list_projects(info, search, order_by, first, after)

    @strawberry.field(
        description="Workflows that a search finds, of all projects. By activity, all of them are "
        "put in order first.",
        directives=[costs(LIST_COST), paged(LIST_PAGE)],
    )
    async def workflows(
        self,
        info: Info,
        search: SearchArgument = None,
        active: ActiveArgument = None,
        order_by: WorkflowOrderArgument = WorkflowOrder.NAME,
        first: PageArgument = LIST_PAGE,
        after: AfterArgument = None,
    ) -> WorkflowConnection | None:
        arguments = WorkflowListArguments(search, active, order_by, first, after)
        return await list_workflows(info, arguments)

    @strawberry.field(
        description="Public groups that a search finds, by name; ties by ascending id. Never one "
        "that is hidden or has ended, whoever asks.",
        directives=[costs(LIST_COST), paged(LIST_PAGE)],
    )
    async def user_groups(
        self,
        info: Info,
        search: SearchArgument = None,
        first: PageArgument = LIST_PAGE,
        after: AfterArgument = None,
    ) -> UserGroupConnection | None:
        return await list_user_groups(info, search, first, after)

    @strawberry.field(
        description="What was classified anywhere, by volunteers who were logged in or not."
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        within: ScopeArgument = None,
    ) -> SiteStats | None:
        question = Question(Kind.SITE, classifications_in(range, within))
        return SiteStats(question=question, subject_id=0)

    @strawberry.field(description="Comments on all boards of Talk.")
    def comments(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        project_ids: ProjectIdsArgument = None,
        user_ids: UserIdsArgument = None,
    ) -> SiteCommentStats | None:
        selection = comments_in(range, project_ids=project_ids, user_ids=user_ids)
        question = Question(Kind.SITE, selection)
        return SiteCommentStats(question=question, subject_id=0)

    @strawberry.field(
        description="The certificate with a code, for whoever was given it. Null if none was ever "
        "issued with it, if it was revoked, or if its volunteer was erased: these look alike.",
        directives=[costs(5)],
    )
    async def certificate(self, info: Info, code: CodeArgument) -> Certificate | None:
        return await find_certificate(info, code)

    @strawberry.field(
        description="How much data the gateway has, and how recent it is.",
        extensions=[Guard(GuardRule.SITE_ADMIN)],
    )
    async def gateway_stats(self, info: Info) -> GatewayStats | None:
        return await load_gateway_stats(info)

    @strawberry.field(
        description="How many groups were created or changed in a range: in total, by period and "
        "by visibility.",
        extensions=[Guard(GuardRule.GROUPS_COUNT)],
    )
    def user_group_counts(
        self,
        range: _GroupRange,  # noqa: A002  (the name in the schema)
        where: _Where = None,
        date_field: _DateField = GroupDateField.CREATED,
    ) -> GroupCounts | None:
        return GroupCounts(question=read_question(where, date_field, days_in(range)))
