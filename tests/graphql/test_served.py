"""What only a real server shows: failures at once, refusals of the server, clients that go."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server import DEADLINE_SECONDS, Server, serving
from tests.waiting_statements import administrator, until_waiting

FORTY = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served"), STATS_GATEWAY_BATCH_LIMIT="2") as running:
        yield running


def test_forty_failures_at_once_leak_nothing_and_have_a_reference_each(tmp_path: Path) -> None:
    with serving(tmp_path, STATS_GATEWAY_BATCH_LIMIT="2") as server:
        connection = sqlite3.connect(tmp_path / "served.db")
        connection.execute("DROP TABLE project")
        connection.close()
        responses = asyncio.run(_at_once(server.url))
        log = server.log.read_text()
    references = set()
    for response in responses:
        assert response.status_code == 200
        assert not any(word in response.text for word in ("table", "sqlite", "SELECT", "Error("))
        answers = response.json()
        (error,) = (answers[0] if isinstance(answers, list) else answers)["errors"]
        assert error["extensions"]["code"] == "INTERNAL_ERROR"
        references.add(error["extensions"]["reference"])
    assert len(references) == FORTY
    assert all(reference in log for reference in references)
    assert "no such table" in log


async def _at_once(url: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=60) as client:
        bodies = [{"query": f"{{ project(id: {n + 1}) {{ slug }} }}"} for n in range(FORTY)]
        return await asyncio.gather(
            *(client.post(url, json=[body] if n % 2 else body) for n, body in enumerate(bodies))
        )


def exchange(url: str, request: bytes) -> httpx.Response:
    """What the server writes to these bytes until it closes the connection."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=DEADLINE_SECONDS) as client:
        client.sendall(request)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    head, body = answer.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return httpx.Response(int(first.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /graphql HTTP/9.9\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
    ids=["no request", "no version", "no length", "TLS"],
)
def test_what_is_no_http_is_refused_in_json(server: Server, request_: bytes) -> None:
    response = exchange(server.url, request_)
    assert (response.status_code, response.headers["content-type"]) == (
        400,
        "application/json; charset=utf-8",
    )
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


LARGE = b" " * 17_000_000


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/nothing", b"", 404),
        ("GET", "/graphql/nothing", b"", 404),
        ("GET", "/graphql/assets/nothing", b"", 404),
        ("PUT", "/graphql", b"", 405),
        ("OPTIONS", "/graphql", b"", 405),
        ("TRACE", "/graphql", b"", 405),
        ("POST", "/graphql/assets/page.js", b"", 405),
        ("POST", "/livez", b"", 405),
        ("DELETE", "/readyz", b"", 405),
        ("GET", "/kinesis", b"", 405),
        ("POST", "/graphql", LARGE, 413),
        ("POST", "/graphql", b"", 415),
        ("POST", "/kinesis", b"{}", 403),
        ("GET", "/graphql?query=%FF", b"", 400),
        ("GET", "/%FF", b"", 404),
    ],
)
def test_every_refusal_is_json_with_errors(
    server: Server, method: str, path: str, content: bytes, status: int
) -> None:
    headers = {"content-type": "application/json"} if content == LARGE else {}
    url = server.url.removesuffix("/graphql") + path
    response = httpx.request(method, url, content=content, headers=headers, timeout=60)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert list(response.json()) == ["errors"]
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"].isupper()


def test_a_batch_that_is_too_large_is_refused(server: Server) -> None:
    response = httpx.post(server.url, json=[{"query": "{ __typename }"}] * 3)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {
        "code": "BATCH_TOO_LARGE",
        "limit": 2,
        "value": 3,
    }


def test_a_cost_is_told_when_asked_for_and_refused_when_too_high(server: Server) -> None:
    def ask(query: str, extensions: object) -> dict:
        body = {"query": query, "extensions": extensions}
        answer: dict = httpx.post(server.url, json=body).json()
        return answer

    query = "{ classifications { totalCount } }"
    told = {"extensions": {"cost": {"value": 2, "limit": 250_000}}}
    assert ask(query, {"cost": True}) == {**ask(query, None), **told}
    for extensions in ({"cost": False}, {"cost": "true"}, {}):
        assert "extensions" not in ask(query, extensions)
    ids = ", ".join(str(n) for n in range(1, 801))
    many = f"{{ projectsByIds(ids: [{ids}]) {{ classifications {{ buckets {{ count }} }} }} }}"
    refused = ask(many, {"cost": True})
    assert list(refused) == ["errors"]
    assert refused["errors"][0]["extensions"] == {
        "code": "COST_TOO_HIGH",
        "limit": 250_000,
        "value": 800 * (1 + 1 + 366),
    }


@pytest.mark.parametrize(
    ("query", "extensions"),
    [
        ("{" + " a" * 2000 + "}", {"code": "TOO_MANY_TOKENS", "limit": 2000}),
        (
            "{ classifications" + " { comparedWith" * 30 + " { totalCount }" + " }" * 31,
            {"code": "DOCUMENT_TOO_DEEP", "limit": 30, "value": 32},
        ),
        (
            "{" + " ".join(f"a{n}: __typename" for n in range(101)) + "}",
            {"code": "TOO_MANY_ALIASES", "limit": 100, "value": 101},
        ),
        (
            "{ __typename" + " @include(if: true)" * 51 + "}",
            {"code": "TOO_MANY_DIRECTIVES", "limit": 50, "value": 51},
        ),
    ],
)
def test_a_document_beyond_a_limit_is_refused_with_the_limit(
    server: Server, query: str, extensions: dict
) -> None:
    accept = {"accept": "application/graphql-response+json"}
    response = httpx.post(server.url, json={"query": query}, headers=accept)
    assert response.status_code == 400
    assert list(response.json()) == ["errors"]
    assert response.json()["errors"][0]["extensions"] == extensions


async def test_a_client_that_goes_stops_its_operation(tmp_path: Path, postgres_url: str) -> None:
    settings = {
        "STATS_GATEWAY_DATABASE_URL": postgres_url,
        # Neither of them is what stops it.
        "STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS": "600",
        "STATS_GATEWAY_OPERATION_TIMEOUT_SECONDS": "600",
    }
    async with administrator(postgres_url) as admin:
        with serving(tmp_path, **settings) as server:
            async with admin.transaction():
                await admin.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
                parts = urlsplit(server.url)
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
                body = json.dumps({"query": "{ project(id: 1) { slug } }"}).encode()
                writer.write(
                    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                await until_waiting(admin, 1)
                writer.close()
                await writer.wait_closed()
                await until_waiting(admin, 0)
            # The server goes on, and its connection is of use again.
            async with httpx.AsyncClient() as client:
                answer = await client.post(server.url, json=json.loads(body))
            assert answer.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
            assert "Traceback" not in server.log.read_text()
