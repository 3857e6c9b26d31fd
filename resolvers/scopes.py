"""Which events of a subject a statistic covers: those of some projects, workflows or users.

An empty list is an empty scope: nothing is counted. Without a list, everything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import strawberry

from gateway.arguments import read_ids
from gateway.calendar import DayRange
from gateway.execution_hints import FrozenInput
from gateway.stats.subject import Activity, Selection
from resolvers.ranges import DateRange, days_in

#: The size of the cache of selections: many objects request the same one.
_SELECTIONS = 100
_IDS = "An empty list counts nothing; unknown ids count 0."


@strawberry.input(
    one_of=True,
    description="Some projects, or some workflows. For both, ask twice, with an alias.",
)
class StatsScope(FrozenInput):
    """Projects or workflows: graphql-core refuses both lists at once, and neither."""

    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description=f"Only what was done in these projects. {_IDS}"
    )
    workflow_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description=f"Only what was done in these workflows. {_IDS}"
    )


ScopeArgument = Annotated[
    StatsScope | None,
    strawberry.argument(description="Only what was done there. Default: everywhere."),
]
ProjectIdsArgument = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Only in these projects. {_IDS} Default: in all."),
]
WorkflowIdsArgument = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Only in these workflows. {_IDS} Default: in all."),
]
UserIdsArgument = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Only by these volunteers. {_IDS} Default: by all."),
]


def classifications_in(
    range: DateRange | None,  # noqa: A002  (the argument's name)
    within: StatsScope | None = None,
    *,
    workflow_ids: Sequence[strawberry.ID] | None = None,
) -> Selection:
    """The classifications of these days, and of a scope or of these workflows."""
    days, project_ids = days_in(range), None
    if within is not None:
        project_ids, workflow_ids = within.project_ids, within.workflow_ids
    elif workflow_ids is None:
        return _classifications_of(days)
    return Selection(
        days=days,
        project_ids=_ids("projectIds", project_ids),
        workflow_ids=_ids("workflowIds", workflow_ids),
    )


@lru_cache(_SELECTIONS)
def _classifications_of(days: DayRange) -> Selection:
    return Selection(days=days)


def comments_in(
    range: DateRange | None,  # noqa: A002  (the argument's name)
    *,
    project_ids: Sequence[strawberry.ID] | None = None,
    user_ids: Sequence[strawberry.ID] | None = None,
) -> Selection:
    """The comments of these days, in these projects and by these users."""
    return Selection(
        Activity.COMMENTS,
        days_in(range),
        _ids("projectIds", project_ids),
        user_ids=_ids("userIds", user_ids),
    )


def _ids(argument: str, texts: Sequence[strawberry.ID] | None) -> tuple[int, ...] | None:
    if texts is None or texts is strawberry.UNSET:
        return None
    # Sorted and each once, so that the same list written in another order is the same question.
    return tuple(sorted(set(read_ids(argument, texts))))
