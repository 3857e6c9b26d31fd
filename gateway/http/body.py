"""JSON request bodies: check the media type, read up to a limit, and decode."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from gateway.http.media import JSON, content_type
from gateway.http.refusals import BadRequest, BodyTooLarge, UnsupportedMediaType
from gateway.reasons import reason_of


def check_json(request: Request, undeclared: str = "") -> None:
    """UnsupportedMediaType unless the body is declared to be plain JSON in UTF-8.

    ``undeclared`` is what a request without a Content-Type is taken to be.
    """
    media, charset = content_type(request.headers.get("content-type", undeclared))
    if media != JSON:
        raise UnsupportedMediaType(f"Send the request as Content-Type: {JSON}.")
    if charset not in (None, "utf-8", "utf8"):
        raise UnsupportedMediaType("Send the request in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the request without Content-Encoding.")


async def read_body(request: Request, limit: int) -> bytes:
    """Read at most ``limit`` bytes; BodyTooLarge as soon as there are more.

    They are counted as they stream: the length that a client declares may be wrong.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise BodyTooLarge(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)


def decode_json(text: bytes | str, what: str) -> Any:
    """Decode a JSON text; BadRequest that names ``what`` if it is none, or not UTF-8."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {reason_of(error)}.") from None
