"""Answers of the tests' own Panoptes: bodies of its media type, refusals, and ETags."""

from __future__ import annotations

import json
from email.utils import format_datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.directory.panoptes.local_clock import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

ACCEPT = "application/vnd.api+json; version=1"
CONTENT_TYPE = f"{ACCEPT}; charset=utf-8"
TAKEN_TYPES = {"application/json", "application/vnd.api+json"}

Record = dict[str, Any]


class RefusedError(Exception):
    """A request that is answered with an error, and changes nothing."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(message)
        self.status = status
        #: None: the body is empty, as Doorkeeper leaves it.
        self.message = message

    def response(self) -> Response:
        return refusal(self.status, self.message)


class CutOff(Response):
    """An answer whose connection is lost after its headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


def refusal(status: int, message: str | None, headers: Mapping[str, str] | None = None) -> Response:
    if message is None:
        return Response(b"", status, headers)
    return answer({"errors": [{"message": message}]}, status, headers)


def answer(body: Record, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body as Panoptes sends it; without an ETag of a record it gets a weak one of the body."""
    content = json.dumps(body).encode()
    own = {"ETag": f'W/"{md5(content, usedforsecurity=False).hexdigest()}"'} if status < 300 else {}
    kept = {"Cache-Control": "no-cache", "Vary": "Authorization, Accept, Origin"}
    response = Response(content, status, {**kept, **own, **(headers or {})})
    response.headers["Content-Type"] = CONTENT_TYPE
    return response


def etag(resource: str, record: Record) -> str:
    """Of the record's id and its last change, the same for whoever asks."""
    changed = record.get("updated_at", record.get("_updated_at", ""))
    told = f"{resource} {record['id']} {changed}".encode()
    return f'"{md5(told, usedforsecurity=False).hexdigest()}"'


def last_modified(record: Record) -> dict[str, str]:
    changed = record.get("updated_at", record.get("_updated_at"))
    if changed is None:
        return {}
    return {"Last-Modified": format_datetime(parsed(changed), usegmt=True)}


def demand_type(request: Request) -> None:
    """POST and PUT come as JSON, or not at all."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in {"POST", "PUT"} and sent not in TAKEN_TYPES:
        allowed = "application/json or application/vnd.api+json"
        raise RefusedError(415, f"Only requests with Content-Type: {allowed} are allowed")


def demand_match(request: Request, resource: str, record: Record) -> None:
    """Panoptes compares with the one tag: neither ``*`` nor a list ever match."""
    sent = request.headers.get("if-match")
    if sent is None:
        raise RefusedError(428, "Request requires If-Match header to be present")
    if sent.removeprefix("W/") != etag(resource, record):
        raise RefusedError(412, "JsonApiController::PreconditionFailed")


def parsed_body(content: bytes) -> Any:
    try:
        return json.loads(content or b"{}")
    except ValueError as error:
        told = f"There was a problem in the JSON you submitted: {error}"
        raise RefusedError(400, told) from None
