"""OpenAPI description of the JSON:API, from its routes, schemas and table of statuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.http.media import JSON
from gateway.rest.jsonapi.handler import Handler, Resource
from gateway.rest.jsonapi.paging import LARGEST_SIZE
from gateway.rest.jsonapi.routes import BASE, RESOURCES
from gateway.rest.jsonapi.schemas import ERRORS, answer_schema

Json = dict[str, Any]

_MEDIA = "application/vnd.api+json"
_REFUSALS: Mapping[int, str] = {
    400: "The body is not JSON, or a name or level cannot be used.",
    401: "Nobody is signed in, or the credentials are not valid.",
    403: "The token does not have the scope for groups, or may not do this.",
    404: "There is no such record, or it is hidden from this client.",
    405: "The method is none of this path's, or groups cannot be changed here.",
    409: "Somebody else changed the record in between.",
    412: "The record is another by now than the one that If-Match names.",
    413: "The body is larger than the limit.",
    415: "The Content-Type is not JSON.",
    422: "A parameter, a key or a value cannot be used, or the change is refused.",
    428: "The request has no If-Match.",
    429: "Too many requests or tries: ask again after Retry-After seconds.",
    503: "The database is busy or away: ask again after Retry-After seconds.",
}
_ALWAYS = (400, 401, 404, 405, 422, 429, 503)
_WITH_BODY = (413, 415)
_WITH_TAG = (409, 412, 428)

_SUCCESS = {200: "The records.", 201: "Created.", 204: "Done."}
_ID: Json = {"type": "integer", "format": "int64", "minimum": 1}
_IDS: Json = {"type": "array", "items": {**_ID, "maximum": 2**63 - 1}, "maxItems": 1000}
_TEXTS: Json = {"type": "array", "items": {"type": "string"}, "maxItems": 1000}
_FILTERS: Mapping[str, tuple[str, Json]] = {
    "id": ("Only these: ids separated by commas.", _IDS),
    "user_id": ("Only of these users: ids separated by commas.", _IDS),
    "user_group_id": ("Only of this group.", _IDS),
    "name": ("Only with these names; letter case counts.", _TEXTS),
    "login": ("Only with these logins.", _TEXTS),
    "slug": ("Only with these slugs.", _TEXTS),
    "state": (
        "Only in these states.",
        {"type": "array", "items": {"enum": ["active", "invited", "inactive"]}},
    ),
    "search": (
        "Only with names that contain this text, best first.",
        {"type": "string", "maxLength": 100},
    ),
}
_ADMIN = (
    "admin",
    "Any text lets site admins do what site admins may.",
    {"type": "string"},
)
_PAGING = (
    ("page", "Which page, from 1.", {"type": "integer", "minimum": 1}),
    (
        "page_size",
        f"Records a page, at most {LARGEST_SIZE}.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": 20},
    ),
)


def jsonapi_paths() -> Json:
    """The paths, with an operation for each method."""
    return {
        resource.path: {
            method.lower(): _operation(resource, method, handler)
            for method, handler in resource.handlers.items()
        }
        for resource in RESOURCES
    }


def _operation(resource: Resource, method: str, handler: Handler) -> Json:
    words = re.findall(r"\w+", resource.path.removeprefix(BASE))
    statuses = {*_ALWAYS, *handler.refusals}
    if handler.body is not None:
        statuses |= {*_WITH_BODY}
    if handler.if_match:
        statuses |= {*_WITH_TAG}
    described: Json = {
        "operationId": "_".join([method.lower(), *words]),
        "summary": f"{handler.summary}.",
        "security": [{"token": []}] if handler.signed_in else [{}, {"token": []}, {"key": []}],
        "parameters": _parameters(resource, method, handler),
        "responses": {
            str(handler.success): _success(resource, handler),
            **{str(status): _refusal(status) for status in sorted(statuses)},
        },
    }
    if handler.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": handler.body}},
        }
    return described


def _parameters(resource: Resource, method: str, handler: Handler) -> list[Json]:
    found = [
        _parameter(
            name,
            "path",
            "The id." if name == "id" else "Ids of users, separated by commas.",
            _ID if name == "id" else {**_IDS, "minItems": 1},
        )
        for name in re.findall(r"{(\w+)}", resource.path)
    ]
    queries: list[tuple[str, str, Json]] = [_ADMIN]
    if method == "GET":
        if resource.is_list:
            queries += [*_PAGING, *((name, *_FILTERS[name]) for name in resource.filters)]
        if resource.includes:
            included: Json = {"type": "array", "items": {"enum": [*resource.includes]}}
            queries.append(("include", "Related records that come along.", included))
    found += [
        _parameter(name, "query", description, schema) for name, description, schema in queries
    ]
    if handler.if_match:
        description = "The ETag of the record as it was read."
        found.append(
            {**_parameter("If-Match", "header", description, {"type": "string"}), "required": True}
        )
    return found


def _parameter(name: str, location: str, description: str, schema: Json) -> Json:
    described: Json = {"name": name, "in": location, "description": description, "schema": schema}
    if location == "path":
        described["required"] = True
    if schema.get("type") == "array":
        # Separated by commas, not repeated.
        described |= {"style": "simple" if location == "path" else "form", "explode": False}
    return described


def _success(resource: Resource, handler: Handler) -> Json:
    described: Json = {"description": _SUCCESS[handler.success]}
    if handler.success != 204:
        described["content"] = {_MEDIA: {"schema": answer_schema(resource.record)}}
        described["headers"] = {"ETag": {"schema": {"type": "string"}}}
    if handler.success == 201:
        described["headers"]["Location"] = {"schema": {"type": "string"}}
    return described


def _refusal(status: int) -> Json:
    described: Json = {"description": _REFUSALS[status], "content": {_MEDIA: {"schema": ERRORS}}}
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
    return described
