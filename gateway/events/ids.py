"""Ids as sources write them."""

from __future__ import annotations

from gateway.arguments import LARGEST_ID
from gateway.errors import InvalidEvent
from gateway.events.shown import shown

__all__ = ["LARGEST_ID", "read_cell_id", "read_group_ids", "read_id"]

#: Every whole number up to here has a floating-point number of its own.
_LARGEST_EXACT_FLOAT = 2.0**53


def read_id(value: object, field: str) -> int:
    """A positive whole number up to 2**63-1, as a number or in ASCII digits.

    Anything else is an InvalidEvent that names ``field``.
    """
    if isinstance(value, str):
        usable = len(value) <= 19 and value.isascii() and value.isdigit()
        number = int(value) if usable else 0
    elif type(value) is int:
        number = value
    elif value is None:
        raise InvalidEvent(f"{field} is missing.")
    else:
        number = 0
    if 0 < number <= LARGEST_ID:
        return number
    raise InvalidEvent(
        f"{field} is {shown(value)}: an id is a whole number from 1 to {LARGEST_ID}."
    )


def read_cell_id(value: object, field: str) -> int:
    """An id from a table; ``1021.0`` is 1021 there.

    Tools that know missing values only as floating-point numbers (pandas among them) write the
    whole column that way as soon as one volunteer is anonymous.
    """
    if isinstance(value, str) and value.endswith(".0"):
        value = value[:-2]
    elif isinstance(value, float) and value.is_integer() and value < _LARGEST_EXACT_FLOAT:
        value = int(value)
    return read_id(value, field)


def read_group_ids(values: object, field: str) -> tuple[int, ...]:
    """A list of ids, or none at all: ascending, each once."""
    if not values and (values is None or isinstance(values, list)):
        return ()
    if not isinstance(values, list):
        raise InvalidEvent(f"{field} is {shown(values)}: not a list of ids.")
    return tuple(sorted({read_id(value, field) for value in values}))
