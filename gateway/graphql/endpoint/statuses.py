"""HTTP statuses: the table of statuses by error code, for requests that are not executed."""

from __future__ import annotations

from typing import NamedTuple

from gateway.http.media import GRAPHQL


class Statuses(NamedTuple):
    """The status under each media type that answers are written in."""

    graphql: int
    json: int


def _both(status: int) -> Statuses:
    return Statuses(status, status)


#: Clients of application/json take every other status for a broken server, says the
#: specification; whatever is wrong with the document is 200 to them.
_OF_THE_DOCUMENT = Statuses(graphql=400, json=200)

#: An executed operation is 200, whatever errors its fields have.
EXECUTED = _both(200)

STATUSES = {
    "GRAPHQL_PARSE_FAILED": _OF_THE_DOCUMENT,
    "GRAPHQL_VALIDATION_FAILED": _OF_THE_DOCUMENT,
    "OPERATION_RESOLUTION_FAILURE": _OF_THE_DOCUMENT,
    "BAD_USER_INPUT": _OF_THE_DOCUMENT,
    "TOO_MANY_TOKENS": _OF_THE_DOCUMENT,
    "DOCUMENT_TOO_LARGE": _OF_THE_DOCUMENT,
    "DOCUMENT_TOO_DEEP": _OF_THE_DOCUMENT,
    "TOO_MANY_ALIASES": _OF_THE_DOCUMENT,
    "TOO_MANY_DIRECTIVES": _OF_THE_DOCUMENT,
    "COST_TOO_HIGH": _OF_THE_DOCUMENT,
    "TOO_MANY_VALUES": _OF_THE_DOCUMENT,
    "ANSWER_TOO_LARGE": _OF_THE_DOCUMENT,
    "PERSISTED_QUERY_NOT_FOUND": _OF_THE_DOCUMENT,
    "PERSISTED_QUERY_NOT_SUPPORTED": _OF_THE_DOCUMENT,
    "BAD_REQUEST": _both(400),
    "BATCH_TOO_LARGE": _both(400),
    "PERSISTED_QUERY_MISMATCH": _both(400),
    "UNAUTHENTICATED": _both(401),
    "FORBIDDEN": _both(403),
    "DOCUMENT_NOT_TRUSTED": _both(403),
    "NOT_FOUND": _both(404),
    "METHOD_NOT_ALLOWED": _both(405),
    "NOT_ACCEPTABLE": _both(406),
    "REQUEST_TIMEOUT": _both(408),
    "BODY_TOO_LARGE": _both(413),
    "UNSUPPORTED_MEDIA_TYPE": _both(415),
    "FILE_TOO_LARGE": _both(422),
    "RATE_LIMITED": _both(429),
    "TOO_MANY_FILES": _both(429),
    "TOO_MANY_LIVE_OPERATIONS": _both(429),
    "TOO_MANY_OPERATIONS": _both(429),
    "HEAD_TOO_LARGE": _both(431),
    "INTERNAL_ERROR": _both(500),
    "UNAVAILABLE": _both(503),
    "OPERATION_TIMEOUT": _both(503),
}


def status_of(code: str, media: str) -> int:
    """The status for the first error's code; a code of some field's is the document's fault."""
    statuses = STATUSES.get(code, _OF_THE_DOCUMENT)
    return statuses.graphql if media == GRAPHQL else statuses.json
