"""JSON:API errors as Panoptes writes them, and the table of their statuses.

``docs/errors.md`` and the OpenAPI description are checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from gateway.errors import GatewayError, NotFound
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.http.response import NO_STORE, headers_for, raw_json_response
from gateway.rest.jsonapi.media import MEDIA
from gateway.rest.sentence import DescribeError
from gateway.telemetry.record import RequestRecord

#: The status of each code of an error.
STATUSES: Mapping[str, int] = {
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    # Panoptes has no route for clients that do not accept JSON.
    "NOT_ACCEPTABLE": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "INVALID_ARGUMENT": 422,
    "INVALID_RANGE": 422,
    "EXCLUSIVE_ARGUMENTS": 422,
    "OUT_OF_BOUNDS": 422,
    "TOO_MANY_VALUES": 422,
    "PRECONDITION_REQUIRED": 428,
    "RATE_LIMITED": 429,
    "INTERNAL_ERROR": 500,
    "NOT_IMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}

#: The status of each refusal that a user can correct.
REFUSALS: Mapping[RefusalCode, int] = {
    RefusalCode.NAME_TAKEN: 400,
    RefusalCode.NAME_INVALID: 400,
    RefusalCode.DISPLAY_NAME_INVALID: 400,
    RefusalCode.JOIN_TOKEN_INVALID: 422,
    RefusalCode.GROUP_INACTIVE: 422,
    RefusalCode.INVITATION_REQUIRED: 422,
    RefusalCode.NOT_A_MEMBER: 404,
    RefusalCode.UNKNOWN_USER: 422,
    RefusalCode.LAST_ADMIN: 422,
    RefusalCode.CONFLICT: 409,
    RefusalCode.LIMIT_REACHED: 422,
    RefusalCode.NOT_SUPPORTED: 405,
}


class RecordNotFound(NotFound):
    """The record does not exist for this viewer; with the message of Panoptes."""

    def __init__(self, kind: str, record_id: int) -> None:
        GatewayError.__init__(self, f"Could not find {kind} with id='{record_id}'")


class NoRoute(NotFound):
    """The path does not exist, such as one with an id that is no number."""

    def __init__(self) -> None:
        GatewayError.__init__(self, "Not Found")


class ValidationFailed(GatewayError):
    """A value is not valid, and Panoptes answers 400."""

    code = "BAD_REQUEST"


class UnusableBody(GatewayError):
    """The body lacks a required key, or has one that is not permitted: 422."""

    code = "INVALID_ARGUMENT"


def status_of(error: Exception, describe: DescribeError) -> int:
    """The HTTP status of an error; 500 for an unexpected one."""
    if isinstance(error, GroupRefusal):
        return REFUSALS[error.refusal]
    return STATUSES.get(describe(error)["extensions"]["code"], 500)


def refused(error: Exception, describe: DescribeError, record: RequestRecord) -> Response:
    """The response for an error: a list with one message. The error is recorded."""
    if isinstance(error, GroupRefusal):
        status, message = REFUSALS[error.refusal], error.message
        record.note_error(error.refusal.value)
    else:
        described = describe(error)
        message = described["message"]
        record.note_error(described["extensions"]["code"], error)
        status = STATUSES.get(described["extensions"]["code"], 500)
    headers = {
        **NO_STORE,
        "Vary": "Authorization, Accept, Origin",
        # The URL may hold a join token.
        "Referrer-Policy": "no-referrer",
        **_headers(error, status),
    }
    body = orjson.dumps({"errors": [{"message": message}]})
    return raw_json_response(body, status, MEDIA, headers)


def _headers(error: Exception, status: int) -> Mapping[str, str]:
    headers = dict(headers_for(error))
    retry_after = error.extensions.get("retryAfter") if isinstance(error, GatewayError) else None
    if status in (429, 503) and retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == 405:
        headers.setdefault("Allow", "GET, HEAD")
    return headers
