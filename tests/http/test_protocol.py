"""What is no HTTP request, or one without end, is refused, and the server goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from gateway.settings import Settings
from tests.http.raw import answer_to, connect, refusal, statuses
from tests.server import Server, serving

CHUNKED = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
CHUNKED += b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.mark.parametrize(
    "said", [b"\r\n\r\nhello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"]
)
def test_what_is_no_request_is_answered_as_all_else_is(server: Server, said: bytes) -> None:
    assert refusal(answer_to(server, said)) == (
        400,
        "BAD_REQUEST",
        "The request is not valid HTTP.",
    )


@pytest.mark.parametrize(
    "begun",
    [b"GET /?", b"GET / HTTP/1.1\r\nX: ", CHUNKED + b"1;", CHUNKED + b"1\r\n{\r\n0\r\nX: "],
    ids=["address", "header", "extension of a chunk", "trailer"],
)
def test_what_has_no_end_is_given_up(server: Server, begun: bytes) -> None:
    sent = 0
    with connect(server) as connection, pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012
        connection.sendall(begun)
        # More than any buffer on the way holds: who does not stop reading takes all of it.
        while sent < 256 * Settings.model_fields["head_limit_bytes"].default:
            sent += connection.send(b"a" * 65_536)
    assert httpx.get(server.url.replace("/graphql", "/livez")).status_code == 200


def test_a_long_body_in_small_pieces_has_an_end(server: Server) -> None:
    query = json.dumps({"query": "{ __typename }", "variables": {"x": "a" * 400_000}}).encode()
    pieces = (query[at : at + 100] for at in range(0, len(query), 100))
    response = httpx.post(
        server.url, content=pieces, headers={"Content-Type": "application/json"}, timeout=60
    )
    assert response.json() == {"data": {"__typename": "Query"}}


GET = b"GET /livez HTTP/1.1\r\nHost: g\r\n"


def test_what_asks_for_another_protocol_is_answered_and_then_over(server: Server) -> None:
    asked = GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    # What comes behind it is of that protocol, or is smuggled.
    assert statuses(answer_to(server, asked + GET + b"\r\n")) == [200]
    assert statuses(answer_to(server, asked, GET + b"\r\n")) == [200]
    assert statuses(answer_to(server, b"CONNECT g:80 HTTP/1.1\r\nHost: g:80\r\n\r\n")) == [400]
    assert "Unsupported upgrade" not in server.log.read_text()


def test_requests_sent_ahead_are_answered_in_their_order_and_garbage_behind_them_last(
    server: Server,
) -> None:
    body = b'{"query": "{ __typename }"}'
    asked = CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(body)) + body
    answer = answer_to(
        server, asked * 3 + b"GET /else HTTP/1.1\r\nHost: g\r\n\r\n" + b"garbage\r\n"
    )
    assert statuses(answer) == [200, 200, 200, 404, 400]


def test_not_more_than_a_hundred_requests_are_sent_ahead(server: Server) -> None:
    asked = GET + b"\r\n"
    assert statuses(answer_to(server, asked * 1000)) == [200] * 101 + [400]


def test_a_body_that_breaks_off_is_refused_in_place_of_its_answer(server: Server) -> None:
    assert statuses(answer_to(server, CHUNKED + b"1\r\n{\r\nz\r\n")) == [400]
    # An answer before it is lost, as nobody could tell any more which is which.
    asked = GET + b"\r\n" + CHUNKED + b"1\r\n{\r\nz\r\n"
    assert statuses(answer_to(server, asked)) in ([], [200])
