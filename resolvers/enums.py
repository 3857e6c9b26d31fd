"""Enumerations of the schema."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from gateway.period import Period
from gateway.stats.ranking import Order

__all__ = ["ContributionOrder", "MemberOrder", "Period"]


def _add_to_schema(period: type[Period]) -> None:
    """Make the periods an enum of the schema, with their descriptions."""
    definition: StrawberryEnumDefinition = strawberry.enum(
        period, description="How buckets of time are cut, in UTC."
    ).__strawberry_definition__  # type: ignore[attr-defined]  # that is where Strawberry keeps it
    for value in definition.values:
        value.description = period[value.name].description


_add_to_schema(Period)


@strawberry.enum(description="How contributions are ordered; ties by ascending project id.")
class ContributionOrder(Enum):
    """Orders of project contributions."""

    MOST_CLASSIFICATIONS = strawberry.enum_value("count", description="Most classifications first.")
    MOST_RECENT = strawberry.enum_value("recents", description="Last contributed to first, by day.")


@strawberry.enum(description="How the members of a group are ordered.")
class MemberOrder(Enum):
    """Orders of a group's members."""

    MOST_CLASSIFICATIONS = strawberry.enum_value(
        Order.COUNT, description="Most classifications first; ties by ascending id."
    )
    ID = strawberry.enum_value(
        Order.ID, description="By ascending id, which stays while members go on classifying."
    )
