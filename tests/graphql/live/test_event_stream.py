"""Server-sent events, as graphql-sse has them: one response for one operation."""

from __future__ import annotations

import json
from itertools import islice

import httpx
import pytest

from tests.graphql.live.reading import (
    COMPLETE,
    EVENTS,
    HEARTBEAT,
    TOTAL,
    classify,
    events,
    subscribed,
    total,
)
from tests.server import Server

QUERY = "{ classifications { totalCount } }"


def asked(server: Server, **sent: object) -> httpx.Response:
    headers = {"accept": EVENTS, **sent.pop("headers", {})}  # type: ignore[dict-item]
    return httpx.request(
        str(sent.pop("method", "POST")), server.url, headers=headers, timeout=60, **sent
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_frames_follow_what_is_counted(live_server: Server, method: str) -> None:
    with subscribed(live_server, EVENTS, method=method) as response:
        assert response.status_code == 200
        answers = (json.loads(one.data) for one in events(response) if one.name == "next")
        before = total(next(answers))
        classify(live_server, {"POST": 1, "GET": 2}[method])
        assert total(next(answers)) == before + 1


def test_a_stream_is_neither_kept_nor_changed_nor_held_back(live_server: Server) -> None:
    with subscribed(live_server, EVENTS, origin="https://page.example") as response:
        headers = response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "private, no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["connection"] == "close"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["vary"] == "Accept, Authorization, Origin"
    assert "content-encoding" not in headers


def test_silence_is_broken_by_comments(live_server: Server) -> None:
    with subscribed(live_server, EVENTS) as response:
        first, *others = islice(events(response), 4)
    assert first.name == "next"
    assert others == [HEARTBEAT] * 3


def test_a_query_has_one_answer_and_its_connection_is_kept(live_server: Server) -> None:
    with httpx.Client() as client:
        response = client.post(live_server.url, json={"query": QUERY}, headers={"accept": EVENTS})
        first, second = events(response)
    assert json.loads(first.data)["data"]["classifications"]["totalCount"] >= 0
    assert first.name == "next"
    assert second == COMPLETE
    assert "connection" not in response.headers


def test_a_repeated_query_is_answered_in_the_same_form(live_server: Server) -> None:
    first, second = (asked(live_server, json={"query": QUERY}) for _ in range(2))
    plain = httpx.post(live_server.url, json={"query": QUERY})
    assert first.text == second.text
    assert plain.json() == json.loads(next(events(second)).data)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { dead }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { live { __typename __schema { description } } }", None),
        ("{ dead }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription A { live { __typename } } query B { __typename }", None),
    ],
)
def test_what_is_wrong_with_the_document_is_an_event(
    live_server: Server, method: str, query: str, code: str | None
) -> None:
    sent = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    response = asked(live_server, method=method, **sent)
    first, second = events(response)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (first.name, second) == ("next", COMPLETE)
    (error,) = json.loads(first.data)["errors"]
    assert code in (None, error["extensions"]["code"])


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "BAD_REQUEST"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, None),
        (
            {"json": {"query": TOTAL}, "headers": {"authorization": "Bearer nobody"}},
            401,
            "UNAUTHENTICATED",
        ),
        ({"method": "PUT", "json": {"query": TOTAL}}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "DELETE"}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "GET", "params": {"query": "mutation { a }"}}, 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_wrong_with_the_request_is_its_status(
    live_server: Server, sent: dict[str, object], status: int, code: str | None
) -> None:
    response = asked(live_server, **sent)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert code in (None, response.json()["errors"][0]["extensions"]["code"])


def test_a_head_is_the_header_of_a_stream(live_server: Server) -> None:
    response = asked(live_server, method="HEAD", params={"query": TOTAL})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.content == b""
