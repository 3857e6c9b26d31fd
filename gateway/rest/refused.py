"""Error responses of refused requests: in the shape of GraphQL's, with plain HTTP statuses."""

from __future__ import annotations

from starlette.responses import Response

from gateway.errors import GatewayError
from gateway.http.response import headers_for, json_response
from gateway.telemetry.record import RequestRecord

STATUSES = {
    "BAD_REQUEST": 400,
    "FORBIDDEN": 403,
    "METHOD_NOT_ALLOWED": 405,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "UNAVAILABLE": 503,
}


def refused(error: GatewayError, record: RequestRecord) -> Response:
    """The response for an error whose code is in ``STATUSES``; the error is recorded."""
    record.note_error(error.code, error)
    content = {"errors": [{"message": error.message, "extensions": error.extensions}]}
    return json_response(content, STATUSES[error.code], headers=headers_for(error))
