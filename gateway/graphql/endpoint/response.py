"""HTTP response of an answer, or of the errors that refuse an operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp

from gateway.graphql.endpoint.caching import Conditions
from gateway.graphql.endpoint.statuses import EXECUTED, status_of
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.masking import FormattedError
from gateway.http.coding import coding_for
from gateway.http.event_stream import EventStream, single_event
from gateway.http.media import EVENT_STREAM, JSON
from gateway.http.response import (
    NO_STORE,
    SECRET,
    EncodedResponse,
    headers_for,
    json_response,
    raw_json_response,
)
from gateway.http.validators import entity_tag
from gateway.json_bytes import json_bytes


async def answered(answer: Answer, conditions: Conditions) -> ASGIApp:
    """The response for an operation's answer, executed or not; 304 if the client has it."""
    media = conditions.media
    if "data" not in answer:
        return _not_executed(answer, media)
    if media == EVENT_STREAM:
        return _event(json_bytes(answer) if answer.entry is None else answer.entry.body)
    if answer.entry is not None:
        return await cached(answer.entry, conditions)
    body, etag = json_bytes(answer), None
    if answer.has_secret:
        return raw_json_response(body, EXECUTED.json, media, SECRET)
    if conditions.is_public and "errors" not in answer:
        etag = entity_tag(media, coding_for(conditions.accept_encoding, body), body)
    headers = conditions.headers(etag)
    if conditions.etag_matches(etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return raw_json_response(body, EXECUTED.json, media, headers)


async def cached(entry: CacheEntry, conditions: Conditions) -> ASGIApp:
    """The response that a cache entry gives under these conditions."""
    coding, media = entry.coding_for(conditions.accept_encoding), conditions.media
    etag = entry.etag(media, coding) if conditions.is_public else None
    if conditions.etag_matches(etag):
        headers = _negotiated(conditions.headers(etag))
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    body = entry.body if coding is None else await entry.compressed(coding)
    if etag is None:
        length = (b"content-length", b"%d" % len(body))
        return EncodedResponse(EXECUTED.json, [*_private_headers(media, coding), length], body)
    headers = _negotiated(conditions.headers(etag))
    if coding is not None:
        headers["Content-Encoding"] = coding
    return raw_json_response(body, EXECUTED.json, media, headers)


def _negotiated(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of a response whose coding is chosen: middleware need not negotiate it again."""
    return {**headers, "Vary": f"{headers['Vary']}, Accept-Encoding"}


@lru_cache
def _private_headers(media: str, coding: str | None) -> Sequence[tuple[bytes, bytes]]:
    headers = _negotiated(NO_STORE)
    if coding is not None:
        headers["Content-Encoding"] = coding
    *encoded, _ = raw_json_response(b"", EXECUTED.json, media, headers).raw_headers
    return encoded


def answered_each(answers: Sequence[bytes], media: str, *, has_secret: bool = False) -> Response:
    """The response for a batch, of the answers of its operations as JSON.

    Each has the errors of its operation.
    """
    text = b"[" + b",".join(answers) + b"]"
    return raw_json_response(text, EXECUTED.json, media, SECRET if has_secret else NO_STORE)


def refused(error: FormattedError, cause: Exception, media: str = JSON) -> Response:
    """The response for a request that is refused before an operation."""
    return _not_executed({"errors": [error]}, media, headers_for(cause))


def _not_executed(
    content: Mapping[str, Any], media: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Errors; in an event stream those that are 200 as plain JSON, and else plain JSON.

    A browser shows its page nothing of another status but that it failed.
    """
    status = status_of(content["errors"][0]["extensions"]["code"], media)
    if media != EVENT_STREAM:
        return json_response(content, status, media, headers)
    if status == HTTPStatus.OK:
        return _event(json_bytes(content))
    return json_response(content, status, JSON, headers)


def _event(answer: bytes) -> Response:
    return Response(single_event(answer), headers={**SECRET, "Content-Type": EventStream.media})
