"""Types of values in entries of a directory document; what is no such value is a ValueError."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from gateway.calendar import day_number, parse_date
from gateway.errors import InvalidEvent
from gateway.events.ids import LARGEST_ID, read_id
from gateway.events.instants import read_instant


def as_id(value: object) -> int:
    """An id, as events have them."""
    try:
        return read_id(value, "it")
    except InvalidEvent as error:
        raise ValueError(error.message) from None


def _instant(value: object) -> int:
    try:
        return read_instant(value, "it")
    except InvalidEvent as error:
        raise ValueError(error.message) from None


def _day(value: object) -> int:
    return day_number(parse_date(value))


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL, and neither database half a surrogate pair.
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it contains NUL or a character that is not valid Unicode")
    return text


Id = Annotated[int, BeforeValidator(as_id)]
Text = Annotated[StrictStr, AfterValidator(_storable)]
#: Counts are shown as JSON numbers, which are exact up to here.
Count = Annotated[StrictInt, Field(ge=0, le=2**53 - 1)]
Revision = Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]
Share = Annotated[StrictInt | StrictFloat, Field(ge=0, le=1)]
#: A time as in events; microseconds since the epoch.
Instant = Annotated[int, BeforeValidator(_instant)]
#: A date as ``YYYY-MM-DD``; a day number.
Day = Annotated[int, BeforeValidator(_day)]
#: What exports of Panoptes say beside: it is known, and neither looked at nor stored.
Unused = Annotated[Any, Field(exclude=True)]


class Entry(BaseModel):
    """An entry of a list: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
