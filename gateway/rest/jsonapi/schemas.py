"""JSON schemas of bodies and answers, for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.arguments import LARGEST_ID
from gateway.directory.memberships import ROLES, MembershipState
from gateway.directory.stats_visibility import StatsVisibility

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_ID_TEXT: Json = {"type": "string", "pattern": "^[0-9]+$"}
_ID: Json = {
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": LARGEST_ID}, _ID_TEXT],
    "description": "An id, as a number or a text.",
}
_IDS: Json = {"type": "array", "items": _ID}
_ID_TEXTS: Json = {"type": "array", "items": _ID_TEXT}
_LEVEL: Json = {"enum": [level.name.lower() for level in StatsVisibility]}
_WRITTEN_LEVEL: Json = {"enum": [*_LEVEL["enum"], *(int(level) for level in StatsVisibility)]}
_STATE: Json = {"enum": [state.value for state in MembershipState]}
_META: Json = {"type": "object"}


def _object(properties: Json, required: tuple[str, ...] = (), **more: Any) -> Json:
    found: Json = {"type": "object", "properties": properties, **more}
    return {**found, "required": [*required]} if required else found


def _resource(name: str, properties: Json, required: tuple[str, ...] = ()) -> Json:
    inner = _object(properties, required, additionalProperties=False)
    return _object({name: inner}, (name,))


_EDITED: Json = {
    "name": _TEXT,
    "display_name": _TEXT_OR_NULL,
    "private": {"type": "boolean"},
    "stats_visibility": _WRITTEN_LEVEL,
}
NEW_GROUP = _resource(
    "user_groups",
    {**_EDITED, "links": _object({"users": _IDS}, additionalProperties=False)},
)
CHANGED_GROUP = _resource("user_groups", _EDITED)
INVITED_USERS = _object({"users": _IDS}, ("users",))
JOINED = _resource(
    "memberships",
    {
        "join_token": _TEXT,
        "links": _object(
            {"user": _ID, "user_group": _ID}, ("user", "user_group"), additionalProperties=False
        ),
    },
    ("join_token", "links"),
)
CHANGED_MEMBERSHIP = _resource(
    "memberships",
    {
        "state": _STATE,
        "roles": {"type": "array", "items": {"enum": [*ROLES]}, "minItems": 1, "maxItems": 2},
    },
)

_GROUP = _object(
    {
        "id": _ID_TEXT,
        "name": _TEXT_OR_NULL,
        "display_name": _TEXT_OR_NULL,
        "classifications_count": {"type": "integer"},
        "created_at": _TEXT_OR_NULL,
        "updated_at": _TEXT_OR_NULL,
        "type": {"const": "user_groups"},
        "href": _TEXT,
        "stats_visibility": _LEVEL,
        "private": {"type": "boolean"},
        "activated_state": {"enum": ["active", "inactive"]},
        "join_token": _TEXT,
        "links": _object({"memberships": _ID_TEXTS, "users": _ID_TEXTS}),
    },
    ("id", "name", "display_name", "created_at", "updated_at", "stats_visibility", "links"),
)
_MEMBERSHIP = _object(
    {
        "id": _ID_TEXT,
        "state": _STATE,
        "roles": {"type": "array", "items": _TEXT},
        "created_at": _TEXT_OR_NULL,
        "updated_at": _TEXT_OR_NULL,
        "href": _TEXT,
        "links": _object({"user": _ID_TEXT, "user_group": _ID_TEXT}, ("user", "user_group")),
    },
    ("id", "state", "roles", "href", "links"),
)
_USER = _object(
    {
        "id": _ID_TEXT,
        "login": _TEXT_OR_NULL,
        "display_name": _TEXT_OR_NULL,
        "credited_name": _TEXT_OR_NULL,
        "href": _TEXT,
    },
    ("id", "login", "display_name", "href"),
)
_PROJECT = _object(
    {"id": _ID_TEXT, "slug": _TEXT_OR_NULL, "display_name": _TEXT_OR_NULL, "href": _TEXT},
    ("id", "slug", "display_name", "href"),
)

#: The schema of one record, by the plural name.
RECORDS: Mapping[str, Json] = {
    "user_groups": _GROUP,
    "memberships": _MEMBERSHIP,
    "users": _USER,
    "projects": _PROJECT,
}


def answer_schema(record: str) -> Json:
    """The schema of the document around records."""
    return _object(
        {
            record: {"type": "array", "items": RECORDS[record]},
            "links": {"type": "object"},
            "linked": {"type": "object"},
            "meta": _object({record: _META}, (record,)),
        },
        (record, "links", "meta"),
    )


ERRORS = _object(
    {"errors": {"type": "array", "items": _object({"message": _TEXT}, ("message",))}}, ("errors",)
)
