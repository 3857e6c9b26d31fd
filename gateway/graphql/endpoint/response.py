"""Writing an answer, or the errors in its place, as an HTTP response."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from gateway.graphql.endpoint.caching import Validation
from gateway.graphql.endpoint.statuses import EXECUTED, status_of
from gateway.graphql.execution.executor import Answer
from gateway.graphql.masking import FormattedError
from gateway.http.media import JSON
from gateway.http.response import NOT_KEPT, headers_for, json_response, raw_json_response


def answered(answer: Answer, media: str, validation: Validation | None = None) -> Response:
    """The response for an operation's answer, executed or not; caches keep it if they may."""
    if validation is not None and (response := validation.respond(answer)) is not None:
        return response
    if "data" in answer:
        return json_response(answer, EXECUTED.json, media)
    return json_response(answer, status_of(answer["errors"][0]["extensions"]["code"], media), media)


def answered_each(answers: Sequence[bytes], media: str) -> Response:
    """The response for a batch, whose operations tell for themselves what became of them.

    Their answers are written already.
    """
    text = b"[" + b",".join(answers) + b"]"
    return raw_json_response(text, EXECUTED.json, media, NOT_KEPT)


def refused(error: FormattedError, cause: Exception, media: str = JSON) -> Response:
    """The response for a request that did not come to an operation."""
    status = status_of(error["extensions"]["code"], media)
    return json_response({"errors": [error]}, status, media, headers_for(cause))
