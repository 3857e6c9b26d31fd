"""Error responses of ERAS: ``{"error": "<one sentence>"}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from gateway.http.response import headers_for, json_response
from gateway.telemetry.record import RequestRecord

#: Message and code of an error for the client; unexpected errors are logged and masked.
DescribeError = Callable[[Exception], Mapping[str, Any]]

STATUSES = {
    "BAD_REQUEST": 400,
    "INVALID_ARGUMENT": 400,
    "INVALID_RANGE": 400,
    "EXCLUSIVE_ARGUMENTS": 400,
    "OUT_OF_BOUNDS": 400,
    "TOO_MANY_VALUES": 400,
    # ERAS answers no 401: it does not distinguish unknown viewers from forbidden ones.
    "UNAUTHENTICATED": 403,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNAVAILABLE": 503,
}


def refused_in_a_sentence(
    error: Exception, describe: DescribeError, record: RequestRecord
) -> Response:
    """The response for an error, which is recorded; 500 for an unexpected one."""
    described = describe(error)
    record.note_error(described["extensions"]["code"], error)
    status = STATUSES.get(described["extensions"]["code"], 500)
    return json_response({"error": described["message"]}, status, headers=headers_for(error))
