"""Handshakes of WebSockets: which are answered, and how others are refused before the upgrade."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.raw import answer_to, connect, next_status, refusal, statuses
from tests.http.raw_websocket import handshake
from tests.server import DEADLINE_SECONDS, Server, serving

ALLOWED = "https://pages.example"
#: Of the tests' key, says the RFC.
ACCEPTED = b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, STATS_GATEWAY_CORS_ORIGINS=f"{ALLOWED}, http://other:81") as running:
        yield running


def upgraded(server: Server, asked: bytes) -> bytes:
    """The head of the answer to a handshake, whose connection is a WebSocket then."""
    with connect(server) as connection:
        connection.sendall(asked)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
    assert statuses(head) == [101]
    return head


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Upgrade": "WebSocket"},
        {"Origin": ALLOWED},
        {"Origin": "http://other:81"},
        # A page of the server itself, whatever ends TLS in front of it.
        {"Origin": "http://g:80"},
        {"Origin": "https://G:80"},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        {"Content-Length": "0"},
    ],
)
def test_a_handshake_is_answered(server: Server, changed: dict[str, str]) -> None:
    head = upgraded(server, handshake(**changed))
    assert ACCEPTED in head
    assert b"\r\nsec-websocket-protocol: graphql-transport-ws\r\n" in head
    assert b"extensions" not in head
    assert head.count(b"\r\nx-request-id: ") == 1


def test_a_slash_at_the_end_and_a_query_change_nothing(server: Server) -> None:
    for target in ("/graphql/", "/graphql?token=secret-of-the-query"):
        assert ACCEPTED in upgraded(server, handshake(target))
    assert "secret-of-the-query" not in server.log.read_text()


@pytest.mark.parametrize(
    "origin",
    [
        "https://else.example",
        "null",
        "http://pages.example",
        "https://pages.example:444",
        "http://g:80@else.example",
        "http://[",
        "",
    ],
)
def test_pages_of_other_origins_are_refused(server: Server, origin: str) -> None:
    answer = answer_to(server, handshake(Origin=origin))
    assert refusal(answer) == (
        403,
        "FORBIDDEN",
        "Web pages of this origin may not open a WebSocket: ask the operator to allow the origin.",
    )


def test_any_origin_may_ask_where_that_is_the_setting(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert ACCEPTED in upgraded(server, handshake(Origin="null"))


@pytest.mark.parametrize("target", ["/", "/livez", "/graphql/examples", "/api", "/%67raphqL"])
def test_other_paths_have_no_websockets(server: Server, target: str) -> None:
    answer = answer_to(server, handshake(target))
    assert statuses(answer) == [404]
    assert b'"code":"NOT_FOUND"' in answer
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"Sec_WebSocket_Key": None}, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "short"}, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Version": None}, "Sec-WebSocket-Version"),
        ({"Sec_WebSocket_Version": "8"}, "Sec-WebSocket-Version"),
        ({"Sec_WebSocket_Protocol": "a b"}, "Sec-WebSocket-Protocol"),
        ({"Sec_WebSocket_Protocol": ""}, "Sec-WebSocket-Protocol"),
    ],
)
def test_a_handshake_that_is_not_valid_is_refused(
    server: Server, changed: dict[str, str | None], header: str
) -> None:
    answer = answer_to(server, handshake(**changed))
    assert refusal(answer) == (
        400,
        "BAD_REQUEST",
        f"The WebSocket handshake needs a valid {header} header.",
    )
    assert b"\r\nsec-websocket-version: 13\r\n" in answer


def test_a_header_that_is_there_twice_is_refused(server: Server) -> None:
    for line in (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Origin: a\r\nOrigin: b"):
        asked = handshake().replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")
        assert refusal(answer_to(server, asked)).status == 400


def test_a_handshake_has_no_body_and_nothing_is_sent_ahead(server: Server) -> None:
    for asked, said in (
        (handshake(Content_Length="3") + b"abc", "A WebSocket handshake has no body."),
        (handshake(Transfer_Encoding="chunked"), "A WebSocket handshake has no body."),
        (handshake() + b"\x81", "A WebSocket client waits for the answer to its handshake."),
    ):
        assert refusal(answer_to(server, asked)) == (400, "BAD_REQUEST", said)


def test_limits_of_heads_are_those_of_requests(server: Server) -> None:
    answer = answer_to(server, handshake(X="a" * 70_000))
    assert refusal(answer) == (
        431,
        "HEAD_TOO_LARGE",
        "The request line and headers are longer than 65,536 bytes.",
    )
    # Longer than the library would read by itself.
    assert ACCEPTED in upgraded(server, handshake(Authorization="x" * 20_000))


def test_who_asks_otherwise_is_answered_as_if_they_had_not(server: Server) -> None:
    """By another method, or behind a request that is answered before."""
    head = handshake("/livez", "POST", Content_Length="2")
    assert statuses(answer_to(server, head + b"{}")) == [405]
    ahead = b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n"
    assert statuses(answer_to(server, ahead + handshake("/livez"))) == [200, 200]


def test_beside_requests_under_way_there_is_no_place_for_a_websocket(tmp_path: Path) -> None:
    settings = {"STATS_GATEWAY_CONNECTIONS": "2", "STATS_GATEWAY_KEEP_ALIVE_SECONDS": "600"}
    body = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
    body += b"Content-Length: 27\r\nExpect: 100-continue\r\n\r\n"
    with serving(tmp_path, **settings) as server, ExitStack() as stack:
        begun = [stack.enter_context(connect(server)) for _ in range(2)]
        for one in begun:
            one.sendall(body)
            assert next_status(one) == 100
        answer = answer_to(server, handshake())
        assert refusal(answer) == (
            503,
            "UNAVAILABLE",
            "The server has too many connections: try again in a moment.",
        )
        # What may be asked without a place is no WebSocket.
        assert statuses(answer_to(server, handshake("/livez"))) == [200]
        begun[0].close()
        # The server may learn of it a moment later.
        deadline = time.monotonic() + DEADLINE_SECONDS
        while statuses(answer_to(server, handshake(Upgrade="h2c"))) == [503]:
            assert time.monotonic() < deadline
        assert ACCEPTED in upgraded(server, handshake())
