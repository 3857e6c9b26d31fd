"""OpenAPI description of the event stream's intake; ``gateway.rest.kinesis`` answers it."""

from __future__ import annotations

from gateway.http.media import JSON
from gateway.rest.eras.rows import COUNT, Json, list_of, schema_of
from gateway.rest.refused import STATUSES

PATH = "/kinesis"

_REFUSALS = {
    "BAD_REQUEST": "The body is not a JSON object with a list payload.",
    "FORBIDDEN": "The user name or the password is missing or wrong.",
    "METHOD_NOT_ALLOWED": "The method is not POST.",
    "BODY_TOO_LARGE": "The body is larger than the limit.",
    "UNSUPPORTED_MEDIA_TYPE": "The Content-Type is not plain JSON in UTF-8.",
    "RATE_LIMITED": "The address has sent ten wrong passwords within a minute: see Retry-After.",
    "UNAVAILABLE": "The database is busy or away; nothing was stored, send it again.",
}

#: The shape of a refusal, the same as GraphQL's.
ERRORS = schema_of(
    {
        "errors": list_of(
            {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "extensions": {
                        "type": "object",
                        "properties": {"code": {"enum": sorted(_REFUSALS)}},
                        "required": ["code"],
                    },
                },
                "required": ["message", "extensions"],
            }
        )
    }
)
_REJECT = schema_of(
    {
        "position": {**COUNT, "description": "Of the event in the payload, from 0."},
        "id": {"type": ["string", "null"]},
        "reason": {"type": "string"},
    }
)
_REPORT = schema_of({"errors": list_of(_REJECT), "taken": COUNT, "ignored": COUNT})

OPERATION: Json = {
    "operationId": "kinesis",
    "summary": "Stores events of the stream; each event is counted once, however often it is sent.",
    "security": [{"stream": []}],
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "payload": {
                            "type": "array",
                            "items": {"type": "object"},
                            "description": "Events as Panoptes and Talk publish them.",
                        }
                    },
                    "required": ["payload"],
                }
            }
        },
    },
    "responses": {
        "204": {"description": "Every event was stored, or has a type that is ignored."},
        "207": {
            "description": "The valid events were stored; the listed ones were not.",
            "content": {JSON: {"schema": _REPORT}},
        },
        **{
            str(STATUSES[code]): {
                "description": description,
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Errors"}}},
            }
            for code, description in _REFUSALS.items()
        },
    },
}
