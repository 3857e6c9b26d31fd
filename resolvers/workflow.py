"""Workflows, with what volunteers did in them."""

from __future__ import annotations

import asyncio
from typing import Self

import strawberry
from graphql import GRAPHQL_MAX_INT

from gateway.arguments import read_id
from gateway.calendar import DayRange
from gateway.directory import workflows
from gateway.errors import NotFound
from gateway.loaders.statistics import BucketsQuestion
from gateway.period import Period
from gateway.stats.completion import PACE_DAYS, classifications_needed, days_to_completion
from gateway.stats.subject import Kind, Question, Selection
from resolvers.context import Info
from resolvers.contributions import load_projects
from resolvers.costs import costs
from resolvers.project import Project
from resolvers.ranges import RangeArgument
from resolvers.scalars import SafeInt
from resolvers.scopes import classifications_in
from resolvers.statistics import WorkflowStats


@strawberry.federation.type(keys=["id"], description="One task of a project.")
class Workflow:
    """A workflow: its record in the directory, and its statistics."""

    id: strawberry.ID = strawberry.field(
        description="The number that Panoptes gave it; unique among workflows."
    )
    display_name: str | None = strawberry.field(
        description="Its title for people; null if not known."
    )
    active: bool | None = strawberry.field(
        description="Whether its project offers it to volunteers; null if not known."
    )
    completeness: float | None = strawberry.field(
        description="Share of its subjects that are retired, from 0 to 1."
    )
    subjects_count: SafeInt | None = strawberry.field(
        description="How many subjects are linked to it, retired ones included; null if not known."
    )
    retirement_count: SafeInt | None = strawberry.field(
        description="Classifications that retire a subject; null if the workflow has another "
        "criterion."
    )
    record: strawberry.Private[workflows.Workflow]

    @classmethod
    def of(cls, record: workflows.Workflow) -> Self:
        """The workflow of a record."""
        return cls(
            id=strawberry.ID(str(record.id)),
            display_name=record.display_name,
            active=record.active,
            completeness=record.completeness,
            subjects_count=_big(record.subjects_count),
            retirement_count=_big(record.retirement_count),
            record=record,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Workflow:  # noqa: A002  (the key's name)
        """The workflow, if it is known."""
        workflow_id = read_id("id", id)
        record = await info.context.loaders.workflows.load(workflow_id)
        if record is None:
            raise NotFound("workflow", workflow_id)
        return cls.of(record)

    @strawberry.field(description="Its project; null if it is not known.")
    async def project(self, info: Info) -> Project | None:
        project_id = self.record.project_id
        if not project_id:
            return None
        return (await load_projects(info, [project_id], ()))[project_id]

    @strawberry.field(
        description="What was classified in the workflow, by volunteers who were logged in or not."
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
    ) -> WorkflowStats | None:
        question = Question(Kind.WORKFLOW, classifications_in(range))
        return WorkflowStats(question=question, subject_id=self.record.id)

    @strawberry.field(
        description=(
            "Days until all subjects are retired, at the pace of the last 14 full days, or of "
            "those since the first classification. Null if the workflow is complete, if it had "
            "no classifications in these days, if subjectsCount or retirementCount is not "
            "known, or if the number does not fit Int."
        ),
        directives=[costs(15)],
    )
    async def estimated_days_to_completion(self, info: Info) -> int | None:
        record, loaders = self.record, info.context.loaders
        if record.subjects_count is None or record.retirement_count is None:
            return None
        if record.completeness is not None and record.completeness >= 1:
            return None
        today = info.context.today
        begin = today - PACE_DAYS

        def during(days: DayRange) -> Question:
            return Question(Kind.WORKFLOW, Selection(days=days))

        recent = during(DayRange(begin, today - 1))
        buckets, before, total = await asyncio.gather(
            loaders.buckets.load((BucketsQuestion(recent, Period.DAY), record.id)),
            loaders.totals.load((during(DayRange(None, begin - 1)), record.id)),
            loaders.totals.load((during(DayRange()), record.id)),
        )
        first = begin if before.n else min((day for day, one in buckets if one.n), default=today)
        days = days_to_completion(
            classifications_needed(
                record.subjects_count, record.retirement_count, total.n, record.completeness
            ),
            today - first,
            sum(one.n for _, one in buckets),
        )
        return days if days is None or days <= GRAPHQL_MAX_INT else None


def _big(value: int | None) -> SafeInt | None:
    return None if value is None else SafeInt(value)
