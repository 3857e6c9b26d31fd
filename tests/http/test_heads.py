"""A request's head: how long it may be, and what a proxy on the way could read otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.http.heads import head_bytes
from gateway.settings import Settings
from tests.http.raw import answer_to, refusal, statuses
from tests.server import Server, serving

BYTES = Settings.model_fields["head_limit_bytes"].default
LINES = Settings.model_fields["header_limit"].default
END = b"Connection: close\r\n\r\n"
GET = b"GET /livez HTTP/1.1\r\n"
CHUNKED = b"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


def head_of(length: int) -> bytes:
    head = GET + b"Host: g\r\nX: %s\r\n" + END
    return head.replace(b"%s", b"a" * (length - len(head) + 2))


def test_the_length_of_a_head_is_that_of_its_bytes() -> None:
    head = b"GET /livez?a=b HTTP/1.1\r\nhost: g\r\nx: y\r\n\r\n"
    assert head_bytes(b"GET", b"/livez?a=b", [(b"host", b"g"), (b"x", b"y")]) == len(head)


def test_a_head_of_64_kib_is_read_and_one_more_byte_is_431(server: Server) -> None:
    assert (BYTES, len(head_of(BYTES))) == (65_536, 65_536)
    assert statuses(answer_to(server, head_of(BYTES))) == [200]
    assert refusal(answer_to(server, head_of(BYTES + 1))) == (
        431,
        "HEAD_TOO_LARGE",
        "The request line and headers are longer than 65,536 bytes.",
    )


def test_a_head_that_is_too_long_before_it_ends_is_431(server: Server) -> None:
    for begun in (b"GET /?", GET + b"Host: g\r\nX: ", GET + b"X: a\r\n" * 50 + b"Y: "):
        assert refusal(answer_to(server, begun + b"a" * BYTES)).status == 431


def test_a_long_head_behind_a_long_body_is_its_own(server: Server) -> None:
    body = b'{"query": "{ __typename }"}' + b" " * 150_000
    first = CHUNKED + b"Content-Length: %d\r\n\r\n" % len(body) + body
    second = head_of(BYTES - 10)
    assert statuses(answer_to(server, first + second[:40_000], second[40_000:])) == [200, 200]


@pytest.mark.parametrize("cut", [1, 10_000, BYTES // 2, BYTES - 1])
def test_a_head_that_is_too_long_is_431_wherever_it_is_cut(server: Server, cut: int) -> None:
    first = GET + b"Host: g\r\n\r\n"
    second = head_of(BYTES + 1)
    answer = answer_to(server, first + second[:cut], second[cut:])
    assert statuses(answer) == [200, 431]


def test_100_header_lines_are_read_and_101_are_431(server: Server) -> None:
    lines = b"X: a\r\n" * (LINES - 2)
    assert LINES == 100
    assert statuses(answer_to(server, GET + b"Host: g\r\n" + lines + END)) == [200]
    refused = refusal(answer_to(server, GET + b"Host: g\r\nX: a\r\n" + lines + END))
    assert refused[:2] == (431, "HEAD_TOO_LARGE")


@pytest.mark.parametrize(
    "hosts",
    [
        b"",
        b"Host:\r\n",
        b"Host: g\r\nHost: g\r\n",
        b"Host: g\r\nhost: h\r\n",
        b"Host: g, g\r\n",
        b"Host: g,h\r\n",
        b"Host: g h\r\n",
        b"Host: g/h\r\n",
        b"Host: me@g\r\n",
        b"Host: g:eighty\r\n",
        b"Host: [::1\r\n",
        b"Host: g\xc3\xa4st\r\n",
        b"Host: http://g\r\n",
    ],
)
def test_a_request_names_exactly_one_host(server: Server, hosts: bytes) -> None:
    assert refusal(answer_to(server, GET + hosts + END))[:2] == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "host", [b"g", b"G.example:8000", b"g:", b"127.0.0.1:80", b"[::1]:8000", b"my_service", b"g."]
)
def test_a_host_is_a_name_or_an_address_perhaps_with_a_port(server: Server, host: bytes) -> None:
    assert statuses(answer_to(server, GET + b"Host: " + host + b"\r\n" + END)) == [200]


def test_http_1_0_need_not_name_a_host_and_names_at_most_one(server: Server) -> None:
    get = GET.replace(b"1.1", b"1.0")
    assert statuses(answer_to(server, get + b"\r\n")) == [200]
    assert statuses(answer_to(server, get + b"Host: g\r\n\r\n")) == [200]
    assert statuses(answer_to(server, get + b"Host: g\r\nHost: g\r\n\r\n")) == [400]


@pytest.mark.parametrize("version", [b"0.9", b"2.0", b"3.0"])
def test_other_versions_are_not_spoken(server: Server, version: bytes) -> None:
    said = GET.replace(b"1.1", version) + b"Host: g\r\n" + END
    assert refusal(answer_to(server, said))[:2] == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length : 3\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
    ],
)
def test_where_a_body_ends_is_said_once_and_plainly(server: Server, framing: bytes) -> None:
    smuggled = b"0\r\n\r\n" + GET + b"Host: g\r\n\r\n"
    answer = answer_to(server, CHUNKED + framing + b"\r\n" + smuggled)
    assert refusal(answer)[:2] == (400, "BAD_REQUEST")


def test_http_1_0_knows_no_chunks(server: Server) -> None:
    said = CHUNKED.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert refusal(answer_to(server, said))[:2] == (400, "BAD_REQUEST")


def test_a_trailer_is_no_header(server: Server) -> None:
    body = b'{"query": "{ __typename }"}'
    said = CHUNKED + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    said += b"%x\r\n" % len(body) + body + b"\r\n0\r\nAuthorization: Bearer broken\r\n\r\n"
    assert answer_to(server, said).endswith(b'{"data":{"__typename":"Query"}}')
