"""OpenAPI description of file downloads and tickets."""

from __future__ import annotations

import re

from gateway.files.catalogue import KINDS
from gateway.files.kinds import FileKind
from gateway.files.ticket_endpoint import DOWNLOAD_PATH, LONGEST_PATH, TICKETS_PATH
from gateway.files.writing import CSV
from gateway.http.media import JSON
from gateway.rest.eras.parameters import ID
from gateway.rest.eras.rows import Json, list_of, schema_of
from gateway.rest.openapi import described_parameter

_REFUSALS = {
    400: "A parameter, or the request, cannot be used.",
    401: "The credentials are not valid, or this needs some.",
    403: "The viewer may not see this.",
    404: "There is no such thing for this viewer; or the ticket is unknown, used, or over.",
    405: "The method is another.",
    406: "The Accept header allows neither CSV nor JSON.",
    413: "The body is too large.",
    415: "The Content-Type is not plain JSON in UTF-8.",
    422: "The file, or its operation, would be too large.",
    429: "The viewer's cost points, files or tickets are used up: see Retry-After.",
    503: "The database is busy or away, or this took too long.",
}
_ERRORS = schema_of(
    {
        "errors": list_of(
            {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "extensions": {
                        "type": "object",
                        "properties": {"code": {"type": "string"}},
                        "required": ["code"],
                    },
                },
                "required": ["message", "extensions"],
            }
        )
    }
)
_FILE = {
    "description": "The file.",
    "headers": {"Content-Disposition": {"required": True, "schema": {"type": "string"}}},
    "content": {
        CSV: {"schema": {"type": "string"}},
        JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
    },
}
_OF_FILES = (400, 401, 403, 404, 405, 406, 422, 429, 503)


def file_paths() -> Json:
    """OpenAPI path items of all files, and of tickets."""
    return {
        **{kind.path: {"get": _kind(kind)} for kind in KINDS},
        TICKETS_PATH: {"post": _tickets()},
        DOWNLOAD_PATH: {"get": _download()},
    }


def _kind(kind: FileKind) -> Json:
    in_path = [ID] if "{id}" in kind.path else []
    return {
        "operationId": "_".join(re.findall(r"\w+", kind.path.replace("{id}", ""))),
        "summary": f"{kind.summary}, as a file.",
        "security": [{}, {"token": []}, {"key": []}, {"edxKey": []}],
        "parameters": [
            *(described_parameter(one, "path") for one in in_path),
            *(described_parameter(one, "query") for one in kind.parameters),
        ],
        "responses": {"200": _FILE, **_refusals(_OF_FILES)},
    }


def _tickets() -> Json:
    properties = {
        "path": {
            "type": "string",
            "maxLength": LONGEST_PATH,
            "description": "Of a file here, with its query string.",
        },
        "accept": {"type": "string", "default": CSV, "description": "As in an Accept header."},
    }
    ticket = schema_of(
        {
            "path": {"type": "string", "description": "Of the download, with the ticket."},
            "expiresAt": {"type": "string", "format": "date-time"},
        }
    )
    body = {"type": "object", "properties": properties, "required": ["path"]}
    return {
        "operationId": "ticket",
        "summary": "Makes a ticket for one download of a file within a minute.",
        "security": [{"token": []}, {"key": []}, {"edxKey": []}],
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": {
            "201": {"description": "The ticket.", "content": {JSON: {"schema": ticket}}},
            **_refusals((400, 401, 404, 405, 406, 413, 415, 429, 503)),
        },
    }


def _download() -> Json:
    return {
        "operationId": "download",
        "summary": "The file that a ticket is good for, once, and without other credentials.",
        "parameters": [
            {
                "name": "ticket",
                "in": "query",
                "description": "The ticket, as its path has it.",
                "required": True,
                "schema": {"type": "string"},
            }
        ],
        "responses": {"200": _FILE, **_refusals((400, 401, 403, 404, 405, 422, 429, 503))},
    }


def _refusals(statuses: tuple[int, ...]) -> Json:
    return {
        str(status): {
            "description": _REFUSALS[status],
            "content": {JSON: {"schema": _ERRORS}},
        }
        for status in statuses
    }
