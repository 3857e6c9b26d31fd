"""What is made without an initialiser is what the initialiser would make."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gateway.calendar import day_number
from gateway.directory.projects import Project as ProjectRecord
from gateway.directory.users import User as UserRecord
from gateway.loaders.statistics import ProjectSum, Rank
from gateway.stats.subject import Answer
from resolvers.buckets import comment_bucket, period_bucket
from resolvers.contributions import project_contribution
from resolvers.members import member_contribution
from resolvers.project import Project
from resolvers.user import User
from tests.asking import NOW

DAY = day_number(NOW.date())
PROJECT = Project.of(1, ProjectRecord(1, "zoo/one", "One"))
MADE: dict[str, Any] = {
    "a project": PROJECT,
    "a project without a record": Project.of(2),
    "a user": User.of(1, UserRecord(1, "ada", None)),
    "a user without a record": User.of(2),
    "a contribution": project_contribution(ProjectSum(1, 2, 3500), {1: PROJECT}, {1: DAY}),
    "a contribution without a day": project_contribution(ProjectSum(0, 2, 0), {}, {}),
    "a member": member_contribution(
        Rank(1, 2, 3000), UserRecord(1, "ada", "Ada"), [ProjectSum(1, 2, 3000)], {1: PROJECT}
    ),
    "a bucket": period_bucket(DAY, Answer(3, 1500)),
    "a bucket of comments": comment_bucket(DAY, Answer(3)),
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_an_instance_has_a_value_for_each_field_and_no_other(made: Any) -> None:
    fields = {
        field.name: getattr(made, field.name) for field in dataclasses.fields(made) if field.init
    }
    assert vars(made) == fields
    assert made == type(made)(**fields)
