"""Arguments of ``get_group_count``: read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.arguments import MAX_CONDITIONS
from gateway.calendar import DayRange, day_date, day_number, parse_date
from gateway.errors import InvalidArgument
from gateway.stats.group_conditions import read_condition
from gateway.stats.group_counts import (
    Condition,
    DateField,
    GroupField,
    GroupQuestion,
    Operator,
)


def read_query(body: Mapping[str, Any], today: int) -> GroupQuestion:
    """Read the question; InvalidArgument, whose argument is a field of the body, if it is invalid.

    ``today`` is the day that no date may lie after.
    """
    start = _day(body, "start_date", today)
    end = _day(body, "end_date", today)
    if start > end:
        raise InvalidArgument(
            "start_date",
            f"start_date is {day_date(start)}, which is after end_date, {day_date(end)}.",
        )
    return GroupQuestion(_where(body.get("query")), _date_field(body), DayRange(start, end))


def _day(body: Mapping[str, Any], name: str, today: int) -> int:
    value = body.get(name)
    if value is None:
        raise InvalidArgument(name, f"{name} is missing.")
    try:
        day = day_number(parse_date(value))
    except ValueError as error:
        raise InvalidArgument(name, f"{name}: {error}.") from None
    if day > today:
        raise InvalidArgument(name, f"{name} is {value}, which is in the future.")
    return day


def _date_field(body: Mapping[str, Any]) -> DateField:
    try:
        return DateField(body.get("date_field", DateField.CREATED.value))
    except ValueError:
        names = " or ".join(field.value for field in DateField)
        raise InvalidArgument("date_field", f"date_field must be {names}.") from None


def _where(query: object) -> tuple[tuple[Condition, ...], ...]:
    if query is None:
        return ()
    if not isinstance(query, list):
        raise InvalidArgument("query", "query must be a list of query groups.")
    where = tuple(map(_alternatives, query))
    if sum(map(len, where)) > MAX_CONDITIONS:
        raise InvalidArgument("query", f"query has more than {MAX_CONDITIONS} conditions.")
    return where


def _alternatives(given: object) -> tuple[Condition, ...]:
    conditions = given.get("query_group") if isinstance(given, dict) else None
    if not isinstance(conditions, list) or not conditions:
        raise InvalidArgument(
            "query", 'Each item of query must be {"query_group": [condition, …]}.'
        )
    return tuple(map(_condition, conditions))


def _condition(given: object) -> Condition:
    words = dict(given) if isinstance(given, dict) else {}
    operator = _operator(words.pop("operator", Operator.EQUAL.value))
    if len(words) != 1:
        raise InvalidArgument("query", 'A condition must be {field: value, "operator": operator}.')
    ((name, value),) = words.items()
    try:
        field = GroupField(name)
    except ValueError:
        # The message of CKAN's extension, which its clients look for.
        quoted = str(name)[:80]
        raise InvalidArgument("query", f'Field "{quoted}" not recognized in group table.') from None
    return read_condition(field, operator, value, "query")


def _operator(given: object) -> Operator:
    try:
        return Operator(given)
    except ValueError:
        known = ", ".join(operator.value for operator in Operator)
        raise InvalidArgument("query", f"operator must be one of {known}.") from None
