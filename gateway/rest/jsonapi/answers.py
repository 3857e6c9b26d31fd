"""JSON:API responses: the document around records, and the caching headers."""

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


class CachePolicy(Enum):
    """Cache policy of an answer; every cached answer must be revalidated before its use."""

    #: Only the client may cache it.
    REVALIDATE = "private, no-cache"
    #: Nobody may: it holds data that its ETag does not cover, such as the members.
    NO_STORE = "private, no-cache, no-store"
    #: Nobody may, and it may not be compressed: it holds a join token.
    SECRET = "private, no-store, no-transform"  # noqa: S105 - no secret


def document(
    kind: str, records: Sequence[Json], meta: Json, linked: Mapping[str, Sequence[Json]] | None
) -> Json:
    """Build the document around records of a ``kind``; ``linked`` has included ones by kind."""
    links = dict(LINKS[kind])
    answer: Json = {kind: records, "links": links, "meta": {kind: meta}}
    if linked is not None:
        answer["linked"] = linked
        for included in linked:
            links |= LINKS.get(included, {})
    return answer


def respond(
    request: Request,
    content: Json,
    *,
    policy: CachePolicy,
    tag: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Respond with a document; its ETag is ``tag``, or else one of its bytes.

    304 if the client has the same ETag, but never if it holds a join token.
    """
    body = json_bytes(content)
    etag = tag or entity_tag(MEDIA, None, body)
    sent = {
        "Cache-Control": policy.value,
        "Vary": _VARY,
        "ETag": etag,
        # Addresses of pages of groups may carry a join token.
        "Referrer-Policy": "no-referrer",
        **(headers or {}),
    }
    is_read = request.method in ("GET", "HEAD")
    if is_read and policy is not CachePolicy.SECRET and is_known(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    return raw_json_response(body, status, MEDIA, sent)


def no_content() -> Response:
    """Respond 204, without a body."""
    headers = {
        "Cache-Control": CachePolicy.NO_STORE.value,
        "Vary": _VARY,
        "Referrer-Policy": "no-referrer",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def last_modified(updated_at: int | None) -> dict[str, str]:
    """The Last-Modified header of a record; ``updated_at`` in microseconds."""
    if updated_at is None:
        return {}
    return {"Last-Modified": formatdate(updated_at / 1e6, usegmt=True)}


def location(request: Request, path: str) -> dict[str, str]:
    """The Location header of a new record; ``path`` is below ``/api``."""
    url = request.url.replace(path="", query="")
    # Only the link in the client's own answer depends on it, so the header need not be trusted.
    if "https" in request.headers.get("x-forwarded-proto", "").lower().split(",", 1)[0]:
        url = url.replace(scheme="https")
    return {"Location": f"{str(url).rstrip('/')}/api{path}"}
