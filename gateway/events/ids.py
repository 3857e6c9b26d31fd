"""Parse ids, as numbers or texts of JSON and of tables."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from gateway.arguments import LARGEST_ID
from gateway.errors import InvalidEvent
from gateway.events.left_out import LeftOut
from gateway.events.missing import not_blank
from gateway.events.quoted import quoted

__all__ = [
    "LARGEST_ID",
    "read_cell_group_ids",
    "read_cell_id",
    "read_group_ids",
    "read_id",
    "read_id_or_none",
]

#: Every whole number up to here has a floating-point number of its own.
_LARGEST_EXACT_FLOAT = 2.0**53
_MOST_DIGITS = len(str(LARGEST_ID))


def read_id(value: object, field: str) -> int:
    """Parse an id: a whole number from 1 to 2**63-1, as a number or in ASCII digits.

    Anything else is an InvalidEvent that names ``field``.
    """
    # Nearly every id is such a text; with fewer digits than the largest it cannot be too large.
    if type(value) is str and len(value) < _MOST_DIGITS and value.isascii() and value.isdigit():
        number = int(value)
    else:
        number = _id(value)
    if number:
        return number
    if value is None:
        raise InvalidEvent(f"{field} is missing.")
    raise InvalidEvent(
        f"{field} is {quoted(value)}: an id is a whole number from 1 to {LARGEST_ID}."
    )


def read_cell_id(value: object, field: str) -> int:
    """Parse an id of a table, where ``1021.0`` is 1021.

    Tools that know missing values only as floating-point numbers (pandas among them) write the
    whole column that way as soon as one volunteer is anonymous.
    """
    if not (isinstance(value, str) and value.isdigit()):
        value = _whole(value)
    return read_id(value, field)


def read_id_or_none(value: object, field: str) -> int | None:
    """Parse an optional id of JSON; None for null and for blank texts."""
    # Nearly all are ids: that is checked first.
    if value is not None and (number := _id(value)):
        return number
    return None if not_blank(value) is None else read_id(value, field)


def read_group_ids(values: object, most: int, left_out: Counter[LeftOut]) -> tuple[int, ...]:
    """Parse a list of group ids, sorted and distinct; what is no id is skipped, and counted.

    A list of more than ``most`` items is skipped as a whole.
    """
    if not isinstance(values, list):
        if not_blank(values) is not None:
            left_out[LeftOut.GROUPS] += 1
        return ()
    if not values:
        return ()
    if len(values) > most:
        left_out[LeftOut.TOO_MANY_GROUPS] += 1
        return ()
    if len(values) == 1 and (only := _id(values[0])):
        return (only,)
    ids = set(map(_id, values))
    if 0 in ids:
        left_out[LeftOut.GROUPS] += 1
        ids.remove(0)
    return tuple(sorted(ids))


def read_cell_group_ids(values: object, most: int, left_out: Counter[LeftOut]) -> tuple[int, ...]:
    """Parse a list of group ids of a table, where ``501.0`` is 501."""
    if isinstance(values, list) and len(values) <= most:
        values = [_whole(value) for value in values]
    return read_group_ids(values, most, left_out)


def _whole(value: object) -> object:
    """A number that a table wrote as a float, as the whole number that it is."""
    if isinstance(value, str) and value.endswith(".0"):
        return value[:-2]
    if isinstance(value, float) and value.is_integer() and value < _LARGEST_EXACT_FLOAT:
        return int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def _id(value: object) -> int:
    """The id, 0 if it is none."""
    # No bool, which is an int to Python.
    if type(value) is int:
        number = value
    elif isinstance(value, str):
        usable = len(value) <= _MOST_DIGITS and value.isascii() and value.isdigit()
        number = int(value) if usable else 0
    else:
        number = 0
    return number if 0 < number <= LARGEST_ID else 0
