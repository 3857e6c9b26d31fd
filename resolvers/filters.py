"""Which part of the events a statistic covers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from gateway.arguments import read_ids, read_range
from gateway.errors import ExclusiveArguments
from gateway.execution_hints import FrozenInput
from gateway.stats.subject import Activity, Selection

_START = "First day, included. Default: the day of the first event."
_END = "Last day, included. Default: the day of the latest event."


@strawberry.input(
    description="Which classifications are counted. projectIds and workflowIds cannot be combined."
)
class StatsFilter(FrozenInput):
    """Days, and projects or workflows."""

    start: date | None = strawberry.field(default=None, description=_START)
    end: date | None = strawberry.field(default=None, description=_END)
    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only in these projects. An empty list does not filter; unknown ids count 0.",
    )
    workflow_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only in these workflows. An empty list does not filter; unknown ids count 0.",
    )


@strawberry.input(description="Which comments are counted.")
class CommentFilter(FrozenInput):
    """Days, projects and authors."""

    start: date | None = strawberry.field(default=None, description=_START)
    end: date | None = strawberry.field(default=None, description=_END)
    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only in these projects. An empty list does not filter; unknown ids count 0.",
    )
    user_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only by these users. An empty list does not filter; unknown ids count 0.",
    )


StatsFilterArgument = Annotated[
    StatsFilter | None,
    strawberry.argument(description="Which classifications are counted. Default: all."),
]
CommentFilterArgument = Annotated[
    CommentFilter | None,
    strawberry.argument(description="Which comments are counted. Default: all."),
]


def classifications_in(given: StatsFilter | None) -> Selection:
    """The selection that a filter describes."""
    if given is None:
        return Selection()
    if given.project_ids and given.workflow_ids:
        raise ExclusiveArguments(
            "workflowIds", "projectIds and workflowIds cannot be combined: pass only one of them."
        )
    return Selection(
        days=read_range(given.start, given.end),
        project_ids=_ids("projectIds", given.project_ids),
        workflow_ids=_ids("workflowIds", given.workflow_ids),
    )


def comments_in(given: CommentFilter | None) -> Selection:
    """The selection that a filter describes."""
    if given is None:
        return Selection(Activity.COMMENTS)
    return Selection(
        Activity.COMMENTS,
        read_range(given.start, given.end),
        _ids("projectIds", given.project_ids),
        user_ids=_ids("userIds", given.user_ids),
    )


def _ids(argument: str, texts: list[strawberry.ID] | None) -> tuple[int, ...] | None:
    # Sorted and each once, so that the same filter written in another order is the same question.
    return tuple(sorted(set(read_ids(argument, texts)))) if texts else None
