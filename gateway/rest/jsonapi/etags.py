"""Entity tags of records, and preconditions: If-Match, If-None-Match (RFC 9110, 13.1)."""

from __future__ import annotations

import re
from hashlib import sha256

from starlette.requests import Request

from gateway.errors import GatewayError
from gateway.http.validators import etag_matches

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class PreconditionRequired(GatewayError):
    """The request changes a record without If-Match."""

    code = "PRECONDITION_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Request requires If-Match header to be present")


class PreconditionFailed(GatewayError):
    """The record has changed since the ETag that If-Match has."""

    code = "PRECONDITION_FAILED"

    def __init__(self) -> None:
        super().__init__(
            "The record has changed since it was read: read it again, and send its ETag as "
            "If-Match."
        )


def record_tag(kind: str, record_id: int, revision: int, secret: str) -> str:
    """Strong entity tag of a record, the same for all viewers and for POST, PUT and GET.

    It reveals nothing: without the instance's secret, nobody can derive the revision from it.
    """
    made_of = f"{kind}\0{record_id}\0{revision}\0{secret}"
    return f'"{sha256(made_of.encode()).hexdigest()[:32]}"'


def check_if_match(request: Request, tag: str) -> None:
    """PreconditionRequired without If-Match, PreconditionFailed if it does not match.

    ``*`` matches, a list matches if one of its tags does, and a tag that a proxy has made weak
    matches. If-Unmodified-Since is ignored: clients send the time of their own last write.
    """
    sent = ", ".join(request.headers.getlist("if-match")).strip()
    if not sent:
        raise PreconditionRequired
    if sent != "*" and tag not in _TAG.findall(sent):
        raise PreconditionFailed


def is_known(request: Request, tag: str) -> bool:
    """Whether the request's If-None-Match has the tag."""
    sent = ", ".join(request.headers.getlist("if-none-match"))
    return bool(sent) and etag_matches(sent, tag)
