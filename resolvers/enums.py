"""Enumerations of the schema."""

from __future__ import annotations

from enum import Enum

import strawberry

from gateway.calendar import Period as _Period


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
