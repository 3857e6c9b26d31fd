"""Conditions of a group count: read and checked against the type of their field."""

from __future__ import annotations

from gateway.calendar import MICROSECONDS_A_DAY, day_number, parse_date
from gateway.errors import InvalidArgument, InvalidEvent
from gateway.events.ids import read_id
from gateway.events.instants import read_instant
from gateway.events.quoted import quoted
from gateway.stats.group_counts import (
    INSTANTS,
    NUMBERS,
    TRUTHS,
    Condition,
    GroupField,
    Operator,
)

_TRUTHS = {"true": True, "false": False}


def read_condition(
    field: GroupField, operator: Operator, value: object, argument: str
) -> Condition:
    """Read a condition, with its value as the database compares it.

    InvalidArgument that names ``argument`` if the value does not fit the field, or the operator
    does not fit its type.
    """
    if field in TRUTHS:
        return _truth(field, operator, value, argument)
    if operator is Operator.LIKE and field in NUMBERS | INSTANTS:
        raise InvalidArgument(
            argument, f"{field.value} is not text, so the operator like cannot compare it."
        )
    if field in NUMBERS:
        return Condition(field, operator, _number(value, field, argument))
    if field in INSTANTS:
        return Condition(field, operator, _instant(value, field, argument))
    if not isinstance(value, str) or "\0" in value or len(value) > 1000:
        raise InvalidArgument(argument, f"{field.value} must be text of at most 1,000 characters.")
    return Condition(field, operator, value)


def _truth(field: GroupField, operator: Operator, value: object, argument: str) -> Condition:
    truth = _TRUTHS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(truth, bool):
        raise InvalidArgument(argument, f"{field.value} must be true or false.")
    if operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
        raise InvalidArgument(
            argument, f"{field.value} can only be compared with the operators = and !."
        )
    return Condition(field, operator, truth)


def _number(value: object, field: GroupField, argument: str) -> int:
    try:
        return read_id(value, field.value)
    except InvalidEvent as error:
        raise InvalidArgument(argument, error.message) from None


def _instant(value: object, field: GroupField, argument: str) -> int:
    try:
        if isinstance(value, str) and len(value) == len("YYYY-MM-DD"):
            return day_number(parse_date(value)) * MICROSECONDS_A_DAY
        return read_instant(value, field.value)
    except (ValueError, InvalidEvent):
        raise InvalidArgument(
            argument,
            f"{field.value}: {quoted(value)} is neither a valid date (YYYY-MM-DD) nor a time "
            "such as 2024-02-29T12:00:00Z.",
        ) from None
