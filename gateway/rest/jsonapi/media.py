"""JSON:API media types: checks of Accept and Content-Type."""

from __future__ import annotations

from starlette.requests import Request

from gateway.http.media import JSON, content_type, negotiate
from gateway.http.refusals import BadRequest, NotAcceptable, UnsupportedMediaType

#: Of all answers, refusals included.
MEDIA = "application/vnd.api+json; version=1"
_TYPE = "application/vnd.api+json"
_WITH_BODY = ("POST", "PUT")


class NotImplementedHere(BadRequest):
    """The method is PATCH, which Panoptes refuses for any path."""

    code = "NOT_IMPLEMENTED"

    def __init__(self) -> None:
        super().__init__("PATCH Requests are not currently supported")


def check_accept(request: Request) -> None:
    """NotAcceptable if the Accept header excludes JSON; no header accepts it."""
    accept = ", ".join(request.headers.getlist("accept")) or None
    if negotiate(accept, (_TYPE, JSON)) is None:
        raise NotAcceptable("Not Found")


def has_body(request: Request) -> bool:
    """Whether a body is read: clients send the header with other methods as well."""
    return request.method in _WITH_BODY


def check_content_type(request: Request) -> None:
    """UnsupportedMediaType unless the body is declared to be JSON, with any parameters."""
    media, _ = content_type(request.headers.get("content-type", ""))
    if "content-type" not in request.headers or media not in (JSON, _TYPE):
        raise UnsupportedMediaType(
            f"Only requests with Content-Type: {JSON} or {_TYPE} are allowed"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the request without Content-Encoding.")
