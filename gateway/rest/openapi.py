"""OpenAPI 3.1 description of the REST endpoints, generated from the code."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.media import JSON
from gateway.json_bytes import json_bytes
from gateway.period import Period
from gateway.rest import group_count_description, retired, stream_description
from gateway.rest.eras.parameters import ID, PROJECT_ID, USER_ID, WORKFLOW_ID, Parameter
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.routes import RESOURCES
from gateway.rest.eras.rows import Json, schema_of
from gateway.rest.jsonapi.description import jsonapi_paths
from gateway.rest.reading import ReadEndpoint
from gateway.rest.sentence import DescribeError

OPENAPI_PATH = "/openapi.json"

_ERROR = schema_of({"error": {"type": "string", "description": "One sentence."}})
_STATUS = schema_of(
    {name: {"type": "string"} for name in ("status", "service", "version", "graphql", "openapi")}
)
_REFUSALS = {
    400: "A parameter cannot be used: malformed, given twice, or refused beside another.",
    403: "The credentials are not valid, or do not allow this.",
    404: "There is no such group, or it is hidden from this client.",
    405: "The method is not GET.",
    410: "No longer served; the message names the replacement.",
    503: "The database is busy or away: ask again after Retry-After seconds.",
}


def describe(version: str, more: Json | None = None) -> Json:
    """Build the OpenAPI description for a version of the gateway; ``more`` are paths."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stats-gateway",
            "version": version,
            "summary": "Classification statistics for citizen science, by REST.",
            "description": "The resources of ERAS and of the service before it, Panoptes' groups "
            "and memberships, and a CKAN action. "
            "All this, and more at once, is answered at /graphql.",
        },
        "paths": {
            "/": {"get": _status()},
            **{one.path: {"get": _resource(one)} for one in RESOURCES},
            **jsonapi_paths(),
            retired.PATH: {"get": _retired()},
            stream_description.PATH: {"post": stream_description.OPERATION},
            group_count_description.PATH: {"post": group_count_description.OPERATION},
            **(more or {}),
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A volunteer's token or an API key. Without credentials, "
                    "the request is anonymous.",
                },
                "key": {"type": "apiKey", "in": "header", "name": "X-CKAN-API-Key"},
                "edxKey": {"type": "apiKey", "in": "header", "name": "EDX-API-Key"},
                "stream": {"type": "http", "scheme": "basic"},
            },
            "schemas": {"Error": _ERROR, "Errors": stream_description.ERRORS},
        },
    }


class OpenApiEndpoint(ReadEndpoint):
    """Serves the OpenAPI description, the same for all viewers."""

    def __init__(self, description: Json, describe_error: DescribeError) -> None:
        super().__init__(describe_error)
        self._content = json_bytes(description)

    async def respond(self, request: Request) -> Response:
        return Response(self._content, headers={"Cache-Control": "no-cache"}, media_type=JSON)


def _status() -> Json:
    return {
        "operationId": "status",
        "summary": "That the gateway answers, its version, and where GraphQL is.",
        "responses": {"200": _json("Alive.", _STATUS), "405": _refusal(405)},
    }


def _resource(resource: Resource[Any]) -> Json:
    in_path = [ID] if "{id}" in resource.path else []
    names_group = "user_groups" in resource.path
    statuses = (400, 403, 404, 405, 503) if names_group else (400, 403, 405, 503)
    return {
        "operationId": "_".join(re.findall(r"\w+", resource.path.removesuffix("{id}"))),
        "summary": f"{resource.summary}.",
        # Public data needs no credentials.
        "security": [{}, {"token": []}, {"key": []}, {"edxKey": []}],
        "parameters": [
            *(described_parameter(one, "path") for one in in_path),
            *(described_parameter(one, "query") for one in resource.parameters),
        ],
        "responses": {
            "200": _json("The statistics.", resource.schema),
            **{str(status): _refusal(status) for status in statuses},
        },
    }


def _retired() -> Json:
    activity = Parameter(
        "activity", "What is counted.", {"type": "string", "enum": ["classification", "comment"]}
    )
    period = Parameter(
        "period",
        "The period; hours are no longer served.",
        {"type": "string", "enum": ["hour", *(period.value for period in Period)]},
    )
    return {
        "operationId": "counts",
        "summary": "The service before ERAS: leads to where its requests are answered now.",
        "deprecated": True,
        "parameters": [
            *(described_parameter(one, "path") for one in (activity, period)),
            *(described_parameter(one, "query") for one in (PROJECT_ID, WORKFLOW_ID, USER_ID)),
        ],
        "responses": {
            "308": {
                "description": "Answered there.",
                "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
            },
            **{str(status): _refusal(status) for status in (400, 405, 410)},
        },
    }


def described_parameter(parameter: Parameter, location: str) -> Json:
    """Describe a parameter in the ``location``: "path" or "query"."""
    described: Json = {
        "name": parameter.name,
        "in": location,
        "description": parameter.description,
        "schema": parameter.schema,
    }
    if location == "path":
        described["required"] = True
    elif parameter.schema.get("type") == "array":
        # Separated by commas, not repeated.
        described |= {"style": "form", "explode": False}
    if parameter.deprecated:
        described["deprecated"] = True
    return described


def _refusal(status: int) -> Json:
    described = _json(_REFUSALS[status], {"$ref": "#/components/schemas/Error"})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
    return described


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}
