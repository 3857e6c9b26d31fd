"""JSON rows of ERAS answers, and their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.calendar import day_date
from gateway.loaders.statistics import Contribution, Rank
from gateway.stats.subject import Answer

Json = dict[str, Any]

COUNT: Json = {"type": "integer", "format": "int64", "minimum": 0}
SECONDS: Json = {"type": "number", "minimum": 0, "description": "Session time in seconds."}
_PERIOD: Json = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00\\.000Z$",
    "description": "The period's first day.",
}
_PROJECT: Json = {
    "type": ["integer", "null"],
    "description": "The project; null for classifications that name none.",
}


def schema_of(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Json:
    """The schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(row: Json) -> Json:
    """The schema of a list of such rows."""
    return {"type": "array", "items": row}


def either(*schemas: Json) -> Json:
    """The schema of a value that matches one of several."""
    return {"anyOf": list(schemas)}


BUCKET = schema_of({"period": _PERIOD, "count": COUNT})
TIMED_BUCKET = schema_of({"period": _PERIOD, "count": COUNT, "session_time": SECONDS})
PROJECT = schema_of({"project_id": _PROJECT, "count": COUNT})
TIMED_PROJECT = schema_of({"project_id": _PROJECT, "count": COUNT, "session_time": SECONDS})
MEMBER = schema_of({"user_id": {"type": "integer"}, "count": COUNT, "session_time": SECONDS})


def bucket_row(start: int, answer: Answer) -> Json:
    """One period and its count."""
    return {"period": f"{day_date(start)}T00:00:00.000Z", "count": answer.n}


def timed_bucket_row(start: int, answer: Answer) -> Json:
    """One period, its count and its session time."""
    return {**bucket_row(start, answer), "session_time": answer.seconds}


def project_row(one: Contribution) -> Json:
    """One project and its count."""
    return {"project_id": one.id or None, "count": one.n}


def timed_project_row(one: Contribution) -> Json:
    """One project, its count and its session time."""
    return {**project_row(one), "session_time": one.ms / 1000}


def member_row(rank: Rank) -> Json:
    """One member of a group, with count and session time."""
    return {"user_id": rank.user_id, "count": rank.n, "session_time": rank.ms / 1000}
