"""OpenAPI description of the CKAN action; ``gateway.rest.ckan`` answers it."""

from __future__ import annotations

from gateway.http.media import JSON
from gateway.rest.ckan.action import BASES
from gateway.rest.ckan.group_count import GroupCountEndpoint
from gateway.rest.eras.rows import COUNT, Json, schema_of

PATH = f"{BASES[0]}/{GroupCountEndpoint.name}"

_HELP: Json = {"type": "string", "format": "uri"}
_COUNTED = schema_of(
    {"help": _HELP, "success": {"const": True}, "result": schema_of({"count": COUNT})}
)
_DATE: Json = {"type": "string", "format": "date"}
_ALTERNATIVE: Json = {
    "type": "object",
    "description": 'A field and its value, and "operator" unless it is "=".',
    "properties": {"operator": {"enum": ["<", ">", "<=", ">=", "like", "!", "="]}},
}
_QUERY: Json = {
    "type": "array",
    "description": "All of these must hold, and of each any alternative.",
    "items": {
        "type": "object",
        "properties": {"query_group": {"type": "array", "items": _ALTERNATIVE}},
        "required": ["query_group"],
    },
}


def _failed(kind: str) -> Json:
    error = {"type": "object", "properties": {"__type": {"const": kind}}, "required": ["__type"]}
    return schema_of({"help": _HELP, "success": {"const": False}, "error": error})


def _refused(kind: str) -> Json:
    message: Json = {"type": "string"}
    error = schema_of({"message": message, "__type": {"const": kind}})
    # With the code that a refusal has everywhere.
    errors: Json = {"type": "array"}
    return schema_of({"help": _HELP, "success": {"const": False}, "error": error, "errors": errors})


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}


OPERATION: Json = {
    "operationId": "get_group_count",
    "summary": "How many groups there are, as a CKAN action; only for site admins and API keys "
    "with the scope groups:count.",
    "security": [{"token": []}, {"key": []}, {"edxKey": []}],
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "query": _QUERY,
                        "start_date": _DATE,
                        "end_date": _DATE,
                        "date_field": {"enum": ["created", "last_modified"]},
                    },
                    "required": ["start_date", "end_date"],
                }
            }
        },
    },
    "responses": {
        "200": _answer("Counted.", _COUNTED),
        "400": _answer("The body must be a JSON object.", _refused("Bad Request Error")),
        "403": _answer(
            "The credentials do not allow counting groups.", _failed("Authorization Error")
        ),
        "405": _answer("Another method than GET or POST.", _refused("Method Not Allowed Error")),
        "409": _answer("The query is not valid.", _failed("Validation Error")),
        "413": _answer(
            "The body is larger than the limit.", _refused("Request Entity Too Large Error")
        ),
        "415": _answer(
            "The Content-Type is not plain JSON in UTF-8.",
            _refused("Unsupported Media Type Error"),
        ),
        "503": _answer(
            "The database is busy or away: ask again.", _refused("Service Unavailable Error")
        ),
    },
}
