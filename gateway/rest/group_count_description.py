"""The CKAN action as OpenAPI has it; ``gateway.rest.ckan`` answers it."""

from __future__ import annotations

from gateway.http.media import JSON
from gateway.rest.ckan.group_count import GROUP_COUNT_PATHS
from gateway.rest.eras.rows import COUNT, Json, schema_of

PATH = GROUP_COUNT_PATHS[0]

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
_ERRORS: Json = {"$ref": "#/components/schemas/Errors"}


def _failed(kind: str) -> Json:
    error = {"type": "object", "properties": {"__type": {"const": kind}}, "required": ["__type"]}
    return schema_of({"help": _HELP, "success": {"const": False}, "error": error})


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}


OPERATION: Json = {
    "operationId": "get_group_count",
    "summary": "How many groups there are, as a CKAN action; for site admins and API keys for it.",
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
        "400": _answer("The body is no JSON object.", _ERRORS),
        "403": _answer("The credentials do not let one count.", _failed("Authorization Error")),
        "405": _answer("Another method than POST.", _ERRORS),
        "409": _answer("The question cannot be answered.", _failed("Validation Error")),
        "413": _answer("The body is larger than the gateway takes.", _ERRORS),
        "415": _answer("The body is not declared to be plain JSON in UTF-8.", _ERRORS),
        "503": _answer("The database is busy or away: ask again.", _ERRORS),
    },
}
