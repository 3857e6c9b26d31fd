"""Counts of groups, filtered by conditions on their records."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from gateway.arguments import MAX_CONDITIONS, too_many
from gateway.calendar import DayRange, day_date
from gateway.directory.stats_visibility import StatsVisibility as Level
from gateway.errors import OutOfBounds
from gateway.execution_hints import FrozenInput, hints
from gateway.period import name_periods, period_for, period_start
from gateway.stats import group_counts
from gateway.stats.group_conditions import read_condition
from gateway.stats.group_counts import (
    Condition,
    GroupQuestion,
)
from resolvers.arguments import given
from resolvers.buckets import periods_of_range
from resolvers.context import Info
from resolvers.costs import about, costs
from resolvers.enums import Period
from resolvers.visibility import StatsVisibility


@strawberry.enum(name="GroupField", description="A field of a group's record.")
class GroupField(Enum):
    """The fields of the group table."""

    NAME = strawberry.enum_value("name", description="Unique name, as used in URLs.")
    ID = strawberry.enum_value("id", description="The group's number.")
    TITLE = strawberry.enum_value("title", description="Display name.")
    DESCRIPTION = strawberry.enum_value("description", description="What it is about.")
    CREATED = strawberry.enum_value("created", description="When it was created.")
    STATE = strawberry.enum_value("state", description="Such as active or deleted.")
    REVISION_ID = strawberry.enum_value("revision_id", description="Its last revision.")
    TYPE = strawberry.enum_value("type", description="Kind of group.")
    APPROVAL_STATUS = strawberry.enum_value("approval_status", description="Such as approved.")
    IMAGE_URL = strawberry.enum_value("image_url", description="Address of its picture.")
    OWNER_ID = strawberry.enum_value(
        "owner_id", description="The id of the user who owns it, as text."
    )
    LANDING_PAGE = strawberry.enum_value("landing_page", description="Address of its page.")
    GROUP_REVIEWED = strawberry.enum_value("group_reviewed", description="true or false.")
    OPEN_ACCESS = strawberry.enum_value("open_access", description="true or false.")
    NETL_ONLY = strawberry.enum_value("netl_only", description="true or false.")
    LAST_MODIFIED = strawberry.enum_value("last_modified", description="When it last changed.")
    PROJECT_NUMBER = strawberry.enum_value("project_number", description="A number as text.")


@strawberry.enum(name="GroupDateField", description="The date that a range is about.")
class GroupDateField(Enum):
    """Dates of a group's record."""

    CREATED = strawberry.enum_value("created", description="When the group was created.")
    LAST_MODIFIED = strawberry.enum_value("last_modified", description="When it last changed.")


@strawberry.enum(name="GroupOperator", description="How a field is compared with a value.")
class GroupOperator(Enum):
    """Operators of a condition."""

    EQUAL = strawberry.enum_value("=", description="The same.")
    NOT_EQUAL = strawberry.enum_value("!", description="Different from it, or null.")
    LESS = strawberry.enum_value("<", description="Less than it; text is compared byte by byte.")
    GREATER = strawberry.enum_value(">", description="After it.")
    LESS_OR_EQUAL = strawberry.enum_value("<=", description="Less than or equal to it.")
    GREATER_OR_EQUAL = strawberry.enum_value(">=", description="Greater than or equal to it.")
    LIKE = strawberry.enum_value(
        "like", description="As a pattern: `%` is any text, `_` any character."
    )


@strawberry.input(description="One comparison of a field.")
class GroupCondition(FrozenInput):
    """A condition: a field compared with a value."""

    field: GroupField = strawberry.field(description="The field to compare.")
    operator: GroupOperator | None = strawberry.field(
        default=GroupOperator.EQUAL, description="How the field is compared with the value."
    )
    value: str = strawberry.field(
        description="The value to compare with, of the field's type: text, a number, true or "
        "false, a day or a time."
    )


@strawberry.input(description="A list of conditions, at least one of which must hold.")
class GroupAlternatives(FrozenInput):
    """Alternatives: conditions of which at least one must hold."""

    any: list[GroupCondition] = strawberry.field(
        description="It is enough that one of these holds."
    )


@strawberry.type(description=f"Groups of one {name_periods()}.")
class GroupCountBucket:
    """One bucket of groups."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: int = strawberry.field(description="Groups that hold the conditions.")


@strawberry.type(description="Groups of one visibility.")
class GroupCountByVisibility:
    """The count of groups of one visibility."""

    stats_visibility: StatsVisibility = strawberry.field(
        description="The level that these groups have."
    )
    count: int = strawberry.field(description="Groups that hold the conditions.")


@strawberry.type(description="Counts of groups: in total, by period and by visibility.")
class GroupCounts:
    """Counts of groups; only what the operation selects is counted."""

    question: strawberry.Private[GroupQuestion]

    @strawberry.field(description="How many groups hold the conditions.", directives=[costs(10)])
    async def total_count(self, info: Info) -> int:
        ((count,),) = await info.context.loaders.group_counts.load(self.question)
        return int(count)

    @strawberry.field(
        description="Groups by the period of their date, ascending; empty periods are left out.",
        directives=[about(366)],
        metadata=hints(length=periods_of_range),
    )
    async def buckets(
        self,
        info: Info,
        period: Annotated[
            Period | None,
            strawberry.argument(description="Default: the period that suits the range."),
        ] = None,
    ) -> list[GroupCountBucket]:
        chosen = period or period_for(self.question.days, info.context.today)
        counts: dict[int, int] = {}
        for day, count in await info.context.loaders.group_counts_by_day.load(self.question):
            start = period_start(day, chosen)
            counts[start] = counts.get(start, 0) + count
        return [
            GroupCountBucket(starts_on=day_date(start), count=counts[start])
            for start in sorted(counts)
        ]

    @strawberry.field(
        description="Groups by who may see their statistics, in order of level.",
        directives=[about(len(StatsVisibility))],
    )
    async def by_stats_visibility(self, info: Info) -> list[GroupCountByVisibility]:
        rows = await info.context.loaders.group_counts_by_visibility.load(self.question)
        return [
            GroupCountByVisibility(stats_visibility=StatsVisibility(Level(level)), count=count)
            for level, count in rows
        ]


def read_question(
    where: list[GroupAlternatives] | None, date_field: GroupDateField | None, days: DayRange
) -> GroupQuestion:
    """The question of the arguments; OutOfBounds for too many conditions."""
    groups = where or []
    conditions = sum(len(alternatives.any) for alternatives in groups)
    if conditions > MAX_CONDITIONS:
        message = too_many("where", conditions, "conditions", MAX_CONDITIONS)
        raise OutOfBounds("where", conditions, 0, MAX_CONDITIONS, message)
    return GroupQuestion(
        tuple(tuple(map(_condition, alternatives.any)) for alternatives in groups),
        group_counts.DateField(given(date_field, GroupDateField.CREATED).value),
        days,
    )


def _condition(condition: GroupCondition) -> Condition:
    return read_condition(
        group_counts.GroupField(condition.field.value),
        group_counts.Operator(given(condition.operator, GroupOperator.EQUAL).value),
        condition.value,
        "where",
    )
