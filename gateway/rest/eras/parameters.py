"""ERAS parameters: their descriptions, schemas and parsers.

Errors have the messages of ERAS where it has one. Where the behaviour of ERAS is accidental, as for
``project_id=11x``, they have messages of our own.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, NamedTuple

from gateway.arguments import LARGEST_ID, MAX_FIRST, MAX_IDS, read_id, read_page, read_range
from gateway.calendar import DayRange, parse_date
from gateway.errors import InvalidArgument, InvalidRange
from gateway.period import Period, name_periods

#: Values by the names of the parameters that are given.
Given = Mapping[str, str]


class Parameter(NamedTuple):
    """A parameter and the JSON schema of its value."""

    name: str
    description: str
    schema: Mapping[str, Any]
    deprecated: bool = False


class Order(Enum):
    """Sort order of project contributions."""

    COUNT = "count"
    RECENTS = "recents"


_SPACES = string.whitespace
_ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
_IDS = {"type": "array", "items": _ID, "maxItems": MAX_IDS}
_DATE = {"type": "string", "format": "date"}
_FLAG = {"type": "boolean", "default": False}

ID = Parameter("id", "The id, a positive whole number.", _ID)
START_DATE = Parameter("start_date", "First day, included, as YYYY-MM-DD (UTC).", _DATE)
END_DATE = Parameter("end_date", "Last day, included, as YYYY-MM-DD (UTC).", _DATE)
PERIOD = Parameter(
    "period",
    f"Adds data: counts by {name_periods()}; weeks start on Monday. Letter case does not matter.",
    {"type": "string", "enum": [period.value for period in Period]},
)
PROJECT_ID = Parameter(
    "project_id", "Only in these projects: ids separated by commas. Not with workflow_id.", _IDS
)
WORKFLOW_ID = Parameter(
    "workflow_id", "Only in these workflows: ids separated by commas. Not with project_id.", _IDS
)
IGNORED_WORKFLOW_ID = Parameter(
    "workflow_id", "Ignored, but refused beside project_id.", {"type": "string"}, deprecated=True
)
USER_ID = Parameter("user_id", "Only by these volunteers: ids separated by commas.", _IDS)
TIME_SPENT = Parameter("time_spent", "true adds session time, in seconds.", _FLAG)
PROJECT_CONTRIBUTIONS = Parameter(
    "project_contributions",
    "true adds the counts by project. Not with project_id or workflow_id, whatever its value.",
    _FLAG,
)
ORDER = Parameter(
    "order_project_contributions_by",
    "Which projects come first: those with the most classifications, or the most recent.",
    {"type": "string", "enum": [order.value for order in Order], "default": Order.COUNT.value},
)
TOP_CONTRIBUTORS = Parameter(
    "top_contributors",
    "Adds this many members, most classifications first (empty: 0); requires permission to see "
    "individual stats.",
    {"type": "integer", "minimum": 0, "maximum": MAX_FIRST},
)
BREAKDOWN = Parameter(
    "individual_stats_breakdown",
    "true answers the stats of each member instead; requires permission to see individual "
    "stats. Only with start_date and end_date, whatever its value.",
    _FLAG,
)


def read_days(given: Given) -> DayRange:
    """The days from ``start_date`` to ``end_date``."""
    start, end = _read_date(given, START_DATE), _read_date(given, END_DATE)
    if start is not None and end is not None and start > end:
        raise InvalidRange(START_DATE.name, "Date range entered is not valid")
    return read_range(start, end)


def _read_date(given: Given, parameter: Parameter) -> date | None:
    text = given.get(parameter.name)
    if text is None:
        return None
    try:
        return parse_date(text)
    except ValueError:
        # The message of ERAS, as in its recorded answers; only our code names the parameter.
        raise InvalidArgument(parameter.name, "Invalid date.") from None


def read_period(given: Given) -> Period | None:
    """Read the period of counts, if there is one."""
    text = given.get(PERIOD.name)
    if text is None:
        return None
    try:
        # mypy takes a look-up by value for the making of a member.
        return Period(_lower(text))  # type: ignore[call-arg]
    except ValueError:
        raise InvalidArgument(
            PERIOD.name,
            f"Invalid bucket option. Valid options for period is {name_periods(', or ')}",
        ) from None


def read_ids(given: Given, parameter: Parameter) -> tuple[int, ...] | None:
    """The ids of a list, ascending and each once; None if it is empty or not given.

    As ERAS reads it: there may be spaces around each id, and a comma behind the last.
    """
    text = given.get(parameter.name, "").strip(_SPACES)
    if not text:
        return None
    text = text.removesuffix(",")
    # Counted before it is cut into pieces: the list may be long and of nothing but commas.
    if text.count(",") >= MAX_IDS:
        raise InvalidArgument(parameter.name, f"{parameter.name} has more than {MAX_IDS:,} ids.")
    return tuple(sorted({read_id(parameter.name, one.strip(_SPACES)) for one in text.split(",")}))


def read_flag(given: Given, parameter: Parameter) -> bool:
    """Whether the value is ``true``, in any letter case; everything else is false."""
    return _lower(given.get(parameter.name, "")) == "true"


def read_order(given: Given) -> Order:
    """The order of contributions, by count if none is given."""
    try:
        return Order(_lower(given.get(ORDER.name, Order.COUNT.value)))
    except ValueError:
        raise InvalidArgument(
            ORDER.name,
            "Can only order project contributions by recents or count. Default behavior is count",
        ) from None


def read_top(given: Given) -> int | None:
    """Read the number of top contributors: 0 if it is empty, None if it is not given."""
    name = TOP_CONTRIBUTORS.name
    text = given.get(name)
    if text is None:
        return None
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidArgument(name, f"{name} must be a whole number from 0 to {MAX_FIRST:,}.")
    return read_page(int(text), name, least=0)


def _lower(text: str) -> str:
    # Beyond ASCII, letters of other alphabets would turn into these: "wee\u212a".
    return text.lower() if text.isascii() else ""
