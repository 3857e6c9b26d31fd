"""Event stream bodies: ``{"payload": [event, …]}``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.events.bounds import MOST_GROUPS
from gateway.events.event import Batch
from gateway.events.json_text import decode
from gateway.events.stream import read_payload
from gateway.http.refusals import BadRequest
from gateway.reasons import reason_of


def read_stream_body(body: bytes, now: datetime, group_limit: int = MOST_GROUPS) -> Batch:
    """Parse the events of a body; BadRequest if it holds no list of events.

    An event that lists more than ``group_limit`` groups counts for none of them.
    """
    return read_payload(_payload(_decoded(body)), now, group_limit)


def _decoded(body: bytes) -> object:
    try:
        return decode(body)
    except ValueError as error:
        raise BadRequest(f"The request body is not JSON: {reason_of(error)}.") from None


def _payload(content: object) -> Sequence[object]:
    payload = content.get("payload") if isinstance(content, dict) else None
    if not isinstance(payload, list):
        raise BadRequest('The request body must be a JSON object with a list "payload".')
    return payload
