"""What is no HTTP request, or one without end, is refused, and the server goes on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from gateway.http.protocol import LONGEST_HEAD_BYTES
from tests.server import Server, serving

CHUNKED = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
CHUNKED += b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


def connect(server: Server) -> socket.socket:
    url = httpx.URL(server.url)
    return socket.create_connection((url.host, url.port or 80), timeout=60)


def answer_to(server: Server, *pieces: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    received = b""
    with connect(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
        try:
            while data := connection.recv(65_536):
                received += data
        except ConnectionResetError:  # it closed with some of what was sent unread
            pass
    return received


def assert_refused(answer: bytes) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/json" in head
    content = json.loads(body)
    assert content["errors"] == [
        {"message": content["error"], "extensions": {"code": "BAD_REQUEST"}}
    ]


@pytest.mark.parametrize(
    "said", [b"\r\n\r\nhello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"]
)
def test_what_is_no_request_is_answered_as_all_else_is(server: Server, said: bytes) -> None:
    assert_refused(answer_to(server, said))


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
        while sent < 64 * LONGEST_HEAD_BYTES:
            sent += connection.send(b"a" * 65_536)
    assert httpx.get(server.url.replace("/graphql", "/livez")).status_code == 200


def test_a_long_body_in_small_pieces_has_an_end(server: Server) -> None:
    query = json.dumps({"query": "{ __typename }", "variables": {"x": "a" * 400_000}}).encode()
    pieces = (query[at : at + 100] for at in range(0, len(query), 100))
    response = httpx.post(
        server.url, content=pieces, headers={"Content-Type": "application/json"}, timeout=60
    )
    assert response.json() == {"data": {"__typename": "Query"}}
