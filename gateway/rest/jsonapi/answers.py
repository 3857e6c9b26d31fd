"""Answers: the document around records, and the headers that say who may keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.response import raw_json_response
from gateway.http.validators import entity_tag
from gateway.json_bytes import json_bytes
from gateway.rest.jsonapi.etags import is_known
from gateway.rest.jsonapi.media import MEDIA
from gateway.rest.jsonapi.shapes import LINKS, Json

_VARY = "Authorization, Accept, Origin, Consistency-Token"


class Keeping(Enum):
    """Who may keep an answer; each must ask anew before it is shown again."""

    #: The client itself.
    ASKING = "private, no-cache"
    #: Nobody: it holds more than its tag tells of, such as who is a member.
    NEVER = "private, no-cache, no-store"
    #: Nobody, and nothing may compress it: it holds a join token.
    SECRET = "private, no-store, no-transform"  # noqa: S105 - no secret


def document(
    kind: str, records: Sequence[Json], meta: Json, linked: Mapping[str, Sequence[Json]] | None
) -> Json:
    """The answer around records of a ``kind``; ``linked`` has included ones by their kind."""
    links = dict(LINKS[kind])
    answer: Json = {kind: records, "links": links, "meta": {kind: meta}}
    if linked is not None:
        answer["linked"] = linked
        for included in linked:
            links |= LINKS.get(included, {})
    return answer


def answered(
    request: Request,
    content: Json,
    *,
    keeping: Keeping,
    tag: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response with a document; its tag is the record's, or else that of its bytes.

    304 if the client has what the tag stands for, but never in the place of a join token.
    """
    body = json_bytes(content)
    etag = tag or entity_tag(MEDIA, None, body)
    sent = {
        "Cache-Control": keeping.value,
        "Vary": _VARY,
        "ETag": etag,
        # Addresses of pages of groups may carry a join token.
        "Referrer-Policy": "no-referrer",
        **(headers or {}),
    }
    is_read = request.method in ("GET", "HEAD")
    if is_read and keeping is not Keeping.SECRET and is_known(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    return raw_json_response(body, status, MEDIA, sent)


def no_content() -> Response:
    """204, without a body."""
    headers = {
        "Cache-Control": Keeping.NEVER.value,
        "Vary": _VARY,
        "Referrer-Policy": "no-referrer",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def written_headers(updated_at: int | None) -> dict[str, str]:
    """When a record was last changed, as HTTP has it; ``updated_at`` in microseconds."""
    if updated_at is None:
        return {}
    return {"Last-Modified": formatdate(updated_at / 1e6, usegmt=True)}


def location(request: Request, path: str) -> dict[str, str]:
    """Where a new record is, as the client reaches it; ``path`` goes below ``/api``."""
    url = request.url.replace(path="", query="")
    # Only the link in the asker's own answer depends on it: whoever says so may be believed.
    if "https" in request.headers.get("x-forwarded-proto", "").lower().split(",", 1)[0]:
        url = url.replace(scheme="https")
    return {"Location": f"{str(url).rstrip('/')}/api{path}"}
