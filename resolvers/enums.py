"""Enumerations of the schema."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from gateway.directory.listing import ListOrder
from gateway.period import Period
from gateway.stats.ranking import Order

__all__ = [
    "ContributionOrder",
    "MemberOrder",
    "Period",
    "ProjectOrder",
    "RankingOrder",
    "WorkflowOrder",
]


def _add_to_schema(period: type[Period]) -> None:
    """Make the periods an enum of the schema, with their descriptions."""
    definition: StrawberryEnumDefinition = strawberry.enum(
        period, description="How buckets of time are cut, in UTC."
    ).__strawberry_definition__  # type: ignore[attr-defined]  # that is where Strawberry keeps it
    for value in definition.values:
        value.description = period[value.name].description


_add_to_schema(Period)


@strawberry.enum(
    description="How contributions are ordered; ties by ascending id of the project or workflow."
)
class ContributionOrder(Enum):
    """Orders of contributions by project or workflow."""

    MOST_CLASSIFICATIONS = strawberry.enum_value("count", description="Most classifications first.")
    MOST_TIME = strawberry.enum_value("time", description="Most session time first.")
    MOST_RECENT = strawberry.enum_value("recents", description="Last contributed to first, by day.")


@strawberry.enum(description="How the members of a group are ordered.")
class MemberOrder(Enum):
    """Orders of a group's members."""

    MOST_CLASSIFICATIONS = strawberry.enum_value(
        Order.COUNT, description="Most classifications first; ties by ascending id."
    )
    MOST_TIME = strawberry.enum_value(
        Order.TIME, description="Most session time first; ties by ascending id."
    )
    ID = strawberry.enum_value(
        Order.ID, description="By ascending id, which stays while members go on classifying."
    )
    NAME = strawberry.enum_value(
        "name",
        description="By display name, without regard to letter case; ties by ascending id. Those "
        "without a name first.",
    )


@strawberry.enum(description="How projects are ordered; ties by ascending id.")
class ProjectOrder(Enum):
    """Orders of lists of projects."""

    NAME = strawberry.enum_value(
        ListOrder.NAME,
        description="By name, without regard to letter case; those without a name first.",
    )
    MOST_CLASSIFICATIONS = strawberry.enum_value(
        ListOrder.COUNT, description="Most classifications of all time first."
    )
    MOST_RECENT = strawberry.enum_value(
        ListOrder.LAST_DAY,
        description="The latest day with classifications first; those without any last.",
    )
    ID = strawberry.enum_value(
        ListOrder.ID, description="By ascending id, which stays while volunteers go on."
    )


@strawberry.enum(description="How workflows are ordered; ties by ascending id.")
class WorkflowOrder(Enum):
    """Orders of lists of workflows."""

    NAME = strawberry.enum_value(
        ListOrder.NAME,
        description="By name, without regard to letter case; those without a name first.",
    )
    MOST_CLASSIFICATIONS = strawberry.enum_value(
        ListOrder.COUNT, description="Most classifications of all time first."
    )
    MOST_RECENT = strawberry.enum_value(
        ListOrder.LAST_DAY,
        description="The latest day with classifications first; those without any last.",
    )
    ID = strawberry.enum_value(
        ListOrder.ID, description="By ascending id, which stays while volunteers go on."
    )


@strawberry.enum(description="What volunteers are ranked by; ties by ascending id.")
class RankingOrder(Enum):
    """Orders of rankings, which have no pages."""

    MOST_CLASSIFICATIONS = strawberry.enum_value(
        Order.COUNT, description="Most classifications first."
    )
    MOST_TIME = strawberry.enum_value(Order.TIME, description="Most session time first.")
