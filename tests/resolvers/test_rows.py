"""Objects that are tuples: each field has its value, in its place."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import strawberry

from gateway.calendar import day_number
from gateway.directory.projects import Project as ProjectRecord
from gateway.directory.users import User as UserRecord
from gateway.directory.workflows import Workflow as WorkflowRecord
from gateway.loaders.statistics import Contribution, Rank
from gateway.stats.subject import Answer, Kind, Question, Selection
from resolvers.buckets import NewUsersBucket, comment_buckets, period_buckets
from resolvers.contributions import ProjectContribution, contributions
from resolvers.member_details import ContributionsByMember, MemberDetails
from resolvers.members import member_contributions
from resolvers.project import Project
from resolvers.rows import Row, made, row
from resolvers.user import User
from resolvers.workflow import Workflow
from resolvers.workflow_contributions import WorkflowContribution
from tests.asking import NOW

DAY = day_number(NOW.date())
PROJECT = Project.of(1, ProjectRecord(1, "zoo/one", "One"))
SUM = Contribution(1, 2, 3500)
WORKFLOW = Workflow.of(WorkflowRecord(1))
DETAILS = MemberDetails(
    Question(Kind.GROUP, Selection()),
    501,
    ContributionsByMember({1: [SUM]}, {}, {}),
    ContributionsByMember({}, {}, {}),
)
ADA = UserRecord(1, "ada", None)
MADE: dict[str, tuple[Any, dict[str, Any]]] = {
    "a project": (
        PROJECT,
        {"id": "1", "slug": "zoo/one", "display_name": "One", "project_id": 1},
    ),
    "a project without a record": (
        Project.of(2),
        {"id": "2", "slug": None, "display_name": None, "project_id": 2},
    ),
    "a user": (
        User.of(1, ADA),
        {"id": "1", "login": "ada", "display_name": "ada", "user_id": 1},
    ),
    "a user without a record": (
        User.of(2),
        {"id": "2", "login": None, "display_name": None, "user_id": 2},
    ),
    "a contribution": (
        contributions(ProjectContribution, [SUM], {1: PROJECT}, {1: DAY})[0],
        {"project": PROJECT, "count": 2, "time_spent": 3.5, "last_contributed_on": NOW.date()},
    ),
    "a contribution without a project": (
        contributions(ProjectContribution, [Contribution(0, 2, 0)], {}, {})[0],
        {"project": None, "count": 2, "time_spent": 0.0, "last_contributed_on": None},
    ),
    "a member": (
        member_contributions([Rank(1, 2, 3000)], {1: ADA}, DETAILS)[0],
        {
            "user": User.of(1, ADA),
            "count": 2,
            "time_spent": 3.0,
            "user_id": 1,
            "details": DETAILS,
        },
    ),
    "a contribution to a workflow": (
        contributions(WorkflowContribution, [Contribution(1, 2, 3500)], {1: WORKFLOW}, {1: DAY})[0],
        {"workflow": WORKFLOW, "count": 2, "time_spent": 3.5, "last_contributed_on": NOW.date()},
    ),
    "a contribution without a workflow": (
        contributions(WorkflowContribution, [Contribution(0, 2, 0)], {}, {})[0],
        {"workflow": None, "count": 2, "time_spent": 0.0, "last_contributed_on": None},
    ),
    "a bucket": (
        period_buckets(((DAY, Answer(3, 1500)),), {DAY: 2})[0],
        {"starts_on": NOW.date(), "count": 3, "time_spent": 1.5, "active_users": 2},
    ),
    "a bucket of new volunteers": (
        made(NewUsersBucket, (NOW.date(), 3)),
        {"starts_on": NOW.date(), "count": 3},
    ),
    "a bucket of comments": (
        comment_buckets(((DAY, Answer(3)),))[0],
        {"starts_on": NOW.date(), "count": 3},
    ),
}


@pytest.mark.parametrize(("one", "values"), MADE.values(), ids=MADE)
def test_each_field_has_its_value(one: Any, values: dict[str, Any]) -> None:
    names = [field.name for field in dataclasses.fields(one) if field.init]
    assert names == list(values)
    assert {name: getattr(one, name) for name in names} == values
    assert len(one) == len(names)


def test_a_row_is_not_made_otherwise() -> None:
    @row
    @strawberry.type
    class Point(Row):
        x: int
        count: int

    assert made(Point, (1, 2)).count == 2
    with pytest.raises(AttributeError):
        Point(x=1, count=2)  # type: ignore[call-arg, unused-ignore]
    with pytest.raises(AttributeError):
        made(Point, (1, 2)).x = 3
