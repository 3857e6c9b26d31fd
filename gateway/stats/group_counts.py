"""Group counts: the number of groups whose records meet some conditions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, or_, select

from gateway.calendar import MICROSECONDS_A_DAY, DayRange
from gateway.db.buckets import day_of
from gateway.db.tables import group_record, user_group
from gateway.db.texts import bytewise, like


class GroupField(Enum):
    """A field of the group table; the value is its name there."""

    NAME = "name"
    ID = "id"
    TITLE = "title"
    DESCRIPTION = "description"
    CREATED = "created"
    STATE = "state"
    REVISION_ID = "revision_id"
    TYPE = "type"
    APPROVAL_STATUS = "approval_status"
    IMAGE_URL = "image_url"
    OWNER_ID = "owner_id"
    LANDING_PAGE = "landing_page"
    GROUP_REVIEWED = "group_reviewed"
    OPEN_ACCESS = "open_access"
    NETL_ONLY = "netl_only"
    LAST_MODIFIED = "last_modified"
    PROJECT_NUMBER = "project_number"


class DateField(Enum):
    """The date field that a range filters."""

    CREATED = "created"
    LAST_MODIFIED = "last_modified"


class Operator(Enum):
    """Comparison operator of a condition; the value is its notation."""

    EQUAL = "="
    NOT_EQUAL = "!"
    LESS = "<"
    GREATER = ">"
    LESS_OR_EQUAL = "<="
    GREATER_OR_EQUAL = ">="
    LIKE = "like"


#: What the value of a condition has to be: a whole number, yes or no, an instant in microseconds
#: since the epoch, and a text for all others.
NUMBERS = frozenset({GroupField.ID})
TRUTHS = frozenset({GroupField.GROUP_REVIEWED, GroupField.OPEN_ACCESS, GroupField.NETL_ONLY})
INSTANTS = frozenset({GroupField.CREATED, GroupField.LAST_MODIFIED})


class Condition(NamedTuple):
    """One comparison of a field, with a value of the field's type."""

    field: GroupField
    operator: Operator
    value: str | int | bool


class GroupQuestion(NamedTuple):
    """Question: groups whose date is in the range; they meet one of each tuple of conditions."""

    where: tuple[tuple[Condition, ...], ...]
    date_field: DateField
    days: DayRange


_COLUMNS: dict[GroupField, ColumnElement[Any]] = {
    GroupField.NAME: user_group.c.name,
    GroupField.ID: user_group.c.id,
    GroupField.TITLE: user_group.c.display_name,
    GroupField.CREATED: group_record.c.created_at,
    GroupField.LAST_MODIFIED: group_record.c.last_modified_at,
} | {field: group_record.c[field.value] for field in GroupField if field.value in group_record.c}


def group_count(question: GroupQuestion) -> Select[int]:
    """One row: the number of groups."""
    return select(func.count()).select_from(_groups(question))


def group_count_by_day(question: GroupQuestion) -> Select[tuple[int, int]]:
    """Rows of the day of the question's date and the number of groups, in no order."""
    groups = _groups(question)
    return select(groups.c.day, func.count()).group_by(groups.c.day)


def group_count_by_visibility(question: GroupQuestion) -> Select[tuple[int, int]]:
    """Rows of stats_visibility and the number of groups, ascending."""
    level = _groups(question).c.stats_visibility
    return select(level, func.count()).group_by(level).order_by(level)


def _groups(question: GroupQuestion) -> FromClause:
    instant = _COLUMNS[GroupField(question.date_field.value)]
    start, end = question.days
    # A group without the date is in no range, not even in one that is open on both sides.
    conditions: list[ColumnElement[bool]] = [instant.is_not(None)]
    if start is not None:
        conditions.append(instant >= start * MICROSECONDS_A_DAY)
    if end is not None:
        conditions.append(instant < (end + 1) * MICROSECONDS_A_DAY)
    conditions += [_any_of(alternatives) for alternatives in question.where]
    return (
        select(user_group.c.stats_visibility, day_of(instant).label("day"))
        .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
        .where(and_(*conditions))
        .subquery("counted")
    )


def _any_of(alternatives: Sequence[Condition]) -> ColumnElement[bool]:
    return or_(false(), *(_holds(condition) for condition in alternatives))


def _holds(condition: Condition) -> ColumnElement[bool]:
    field, operator, value = condition
    column = _COLUMNS[field]
    if field not in NUMBERS | TRUTHS | INSTANTS:
        column = bytewise(column)
    if operator is Operator.LIKE:
        return like(column, str(value))
    if operator is Operator.EQUAL:
        return column == value
    if operator is Operator.NOT_EQUAL:
        # A null field is not equal to the value either.
        return column.is_distinct_from(value)
    if operator is Operator.LESS:
        return column < value
    if operator is Operator.GREATER:
        return column > value
    return column <= value if operator is Operator.LESS_OR_EQUAL else column >= value
