"""Entity tags of records, and the preconditions that clients make of them (RFC 9110, 13.1)."""

from __future__ import annotations

import re
from hashlib import sha256

from starlette.requests import Request

from gateway.errors import GatewayError
from gateway.http.validators import has_already

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class PreconditionRequired(GatewayError):
    """A change of a record without If-Match."""

    code = "PRECONDITION_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Request requires If-Match header to be present")


class PreconditionFailed(GatewayError):
    """The record is another by now than the one that If-Match names."""

    code = "PRECONDITION_FAILED"

    def __init__(self) -> None:
        super().__init__(
            "The record has changed since it was read: read it again, and send its ETag as "
            "If-Match."
        )


def record_tag(kind: str, record_id: int, revision: int, secret: str) -> str:
    """The strong tag of a record, the same for everybody and for POST, PUT and GET.

    Of what is hidden it tells nothing: whoever does not have the instance's secret cannot count
    revisions by it.
    """
    made_of = f"{kind}\0{record_id}\0{revision}\0{secret}"
    return f'"{sha256(made_of.encode()).hexdigest()[:32]}"'


def check_if_match(request: Request, tag: str) -> None:
    """PreconditionRequired without If-Match, PreconditionFailed if it is about another state.

    ``*`` matches, a list matches if one does, and what a proxy has made weak is the same record.
    If-Unmodified-Since is not looked at: clients send the instant of their own last write.
    """
    sent = ", ".join(request.headers.getlist("if-match")).strip()
    if not sent:
        raise PreconditionRequired
    if sent != "*" and tag not in _TAG.findall(sent):
        raise PreconditionFailed


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has what the tag stands for, by its If-None-Match."""
    sent = ", ".join(request.headers.getlist("if-none-match"))
    return bool(sent) and has_already(sent, tag)
