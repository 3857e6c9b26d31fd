"""Projects, with what volunteers did in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.arguments import read_id
from gateway.directory import projects
from gateway.errors import NotFound
from gateway.stats.subject import Kind, Question
from resolvers.comment_stats import ProjectCommentStats
from resolvers.connections import AfterArgument, PageArgument, paged
from resolvers.context import Info
from resolvers.costs import costs
from resolvers.enums import WorkflowOrder
from resolvers.listing import LIST_PAGE, SearchArgument
from resolvers.milestones import AllTimeMilestones, load_all_time_milestones
from resolvers.ranges import RangeArgument
from resolvers.rows import Row, made, row
from resolvers.scopes import (
    UserIdsArgument,
    WorkflowIdsArgument,
    classifications_in,
    comments_in,
)
from resolvers.statistics import ProjectStats

if TYPE_CHECKING:
    from resolvers.workflow_list import WorkflowConnection


@row
@strawberry.federation.type(keys=["id"], description="A project of citizen science.")
class Project(Row):
    """A project; names are null if the directory has none or the operation selects none."""

    id: strawberry.ID = strawberry.field(
        description="The number that Panoptes gave it; unique among projects."
    )
    slug: str | None = strawberry.field(
        description="Owner and name as in URLs, such as `zooniverse/galaxy-zoo`; null if not known."
    )
    display_name: str | None = strawberry.field(
        description="Its title for people; null if not known."
    )
    project_id: strawberry.Private[int]

    @classmethod
    def of(cls, project_id: int, record: projects.Project | None = None) -> Self:
        """The project with this id, and the names of the record."""
        if record is None:
            return made(cls, (str(project_id), None, None, project_id))
        return made(cls, (str(project_id), record.slug, record.display_name, project_id))

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Project:  # noqa: A002  (the key's name)
        """The project, if it is known."""
        project_id = read_id("id", id)
        record = await info.context.loaders.projects.load(project_id)
        if record is None:
            raise NotFound("project", project_id)
        return cls.of(project_id, record)

    @strawberry.field(
        description="What was classified in the project, by volunteers who were logged in or not."
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        workflow_ids: WorkflowIdsArgument = None,
    ) -> ProjectStats | None:
        selection = classifications_in(range, workflow_ids=workflow_ids)
        question = Question(Kind.PROJECT, selection)
        return ProjectStats(question=question, subject_id=self.project_id)

    @strawberry.field(
        description="Round numbers of classifications that the project reached, and the next one.",
        directives=[costs(50)],
    )
    async def milestones(self, info: Info) -> AllTimeMilestones:
        return await load_all_time_milestones(info, Kind.PROJECT, self.project_id)

    @strawberry.field(description="Comments that were written on the project's own Talk board.")
    def comments(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        user_ids: UserIdsArgument = None,
    ) -> ProjectCommentStats | None:
        question = Question(Kind.PROJECT, comments_in(range, user_ids=user_ids))
        return ProjectCommentStats(question=question, subject_id=self.project_id)

    @strawberry.field(
        description="The project's workflows that a search finds.", directives=[paged(LIST_PAGE)]
    )
    async def workflows(
        self,
        info: Info,
        search: SearchArgument = None,
        active: Annotated[
            bool | None,
            strawberry.argument(
                description="true: only active workflows; false: only inactive ones."
            ),
        ] = None,
        order_by: Annotated[
            WorkflowOrder | None,
            strawberry.argument(description="Which come first; ties by ascending id."),
        ] = WorkflowOrder.NAME,
        first: PageArgument = LIST_PAGE,
        after: AfterArgument = None,
    ) -> Annotated[WorkflowConnection, strawberry.lazy("resolvers.workflow_list")] | None:
        from resolvers.workflow_list import WorkflowListArguments, list_workflows_of_project

        arguments = WorkflowListArguments(search, active, order_by, first, after)
        return await list_workflows_of_project(info, self.project_id, arguments)
