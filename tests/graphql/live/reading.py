"""Streams of subscriptions, read as their specifications say and as strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.server import DEADLINE_SECONDS, Server
from tests.stream_events import classification

EVENTS = "text/event-stream"
#: What Apollo Client sends.
PARTS = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    "application/graphql-response+json,application/json;q=0.9"
)
TOTAL = "subscription { live { classifications { totalCount } } }"
STREAM = ("stream", "sesame")
STREAM_SETTINGS = {
    "STATS_GATEWAY_STREAM_USERNAME": STREAM[0],
    "STATS_GATEWAY_STREAM_PASSWORD": STREAM[1],
}


class Event(NamedTuple):
    """A block of an event stream: an event, a comment or a time to wait."""

    name: str
    data: str


HEARTBEAT = Event("comment", "")
COMPLETE = Event("complete", "")


def events(response: httpx.Response) -> Iterator[Event]:
    """The blocks of a stream; whoever stops reading closes the response."""
    buffer = ""
    for piece in response.iter_text():
        buffer += piece
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            yield _event(block)
    assert not buffer, buffer


def _event(block: str) -> Event:
    fields = [line.partition(":")[::2] for line in block.split("\n")]
    match fields:
        case [("", comment)]:
            return Event("comment", comment)
        case [("retry", milliseconds)]:
            return Event("retry", milliseconds.strip())
        case [("event", name), ("data", data)]:
            return Event(name.strip(), data.removeprefix(" "))
    raise AssertionError(block)


def parts(response: httpx.Response) -> Iterator[Any]:
    """The contents of the parts of a multipart response, up to its last boundary."""
    buffer, is_over = "", False
    boundary = "\r\n--graphql"
    for piece in response.iter_text():
        assert not is_over, piece
        buffer += piece
        while boundary in buffer:
            part, _, buffer = buffer.partition(boundary)
            if part:
                head, _, content = part.partition("\r\n\r\n")
                assert head == "\r\nContent-Type: application/json"
                yield json.loads(content)
        is_over = buffer == "--\r\n"
    assert is_over, buffer


@contextmanager
def subscribed(
    server: Server, accept: str, query: str = TOTAL, method: str = "POST", **headers: str
) -> Iterator[httpx.Response]:
    """The response to a subscription, whose body has not been read."""
    sent: dict[str, Any] = {"json": {"query": query}}
    if method != "POST":
        sent = {"params": {"query": query}}
    headers = {"accept": accept} | headers
    with (
        httpx.Client(timeout=DEADLINE_SECONDS) as client,
        client.stream(method, server.url, headers=headers, **sent) as response,
    ):
        yield response


def classify(server: Server, event_id: int) -> None:
    """Have the server count one classification."""
    event = classification(event_id, "2024-02-29T12:00:00.000Z", project=1, workflow=1)
    url = server.url.replace("graphql", "kinesis")
    sent = httpx.post(url, json={"payload": [event]}, auth=STREAM, timeout=DEADLINE_SECONDS)
    assert sent.is_success, sent.text


def total(frame: Any) -> int:
    """The number that an answer to ``TOTAL`` has."""
    number: int = frame["data"]["live"]["classifications"]["totalCount"]
    return number
