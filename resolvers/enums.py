"""Enumerations of the schema."""

from __future__ import annotations

from enum import Enum

import strawberry

from gateway.calendar import Period as _Period
from gateway.stats.ranking import Order


@strawberry.enum(description="How buckets of time are cut, in UTC.")
class Period(Enum):
    """The calendar's periods, with their descriptions."""

    DAY = strawberry.enum_value(_Period.DAY, description="A day.")
    WEEK = strawberry.enum_value(_Period.WEEK, description="A week from Monday to Sunday.")
    MONTH = strawberry.enum_value(_Period.MONTH, description="A month of the calendar.")
    YEAR = strawberry.enum_value(_Period.YEAR, description="A year of the calendar.")


@strawberry.enum(description="How contributions are ordered; ties by ascending project id.")
class ContributionOrder(Enum):
    """Orders of project contributions."""

    COUNT = strawberry.enum_value("count", description="Most classifications first.")
    RECENTS = strawberry.enum_value("recents", description="Last contributed to first.")


@strawberry.enum(description="How the members of a group are ordered.")
class MemberOrder(Enum):
    """Orders of a group's members."""

    COUNT = strawberry.enum_value(
        Order.COUNT, description="Most classifications first; ties by ascending id."
    )
    ID = strawberry.enum_value(
        Order.ID, description="By ascending id, which stays while members go on classifying."
    )
