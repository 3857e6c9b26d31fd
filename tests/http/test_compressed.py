"""Which answers are compressed, for whom, and what is kept of them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.db import open_database
from gateway.http.compressed import CompressedAnswers, CompressedBodies
from tests.events_of import classification, store
from tests.graphql.copies import PRIVATE, PUBLIC, Clock, filled_gateway
from tests.http.test_coding import READ
from tests.server import Server, serving

TEXT = b'{"a":"' + b"x" * 2000 + b'"}'
JSON = "application/json; charset=utf-8"


def answering(response: Callable[[], Response], bodies: CompressedBodies | None = None) -> Any:
    async def respond(_: Request) -> Response:
        return response()

    app = Starlette(routes=[Route("/", respond, methods=["GET", "POST"])])
    wrapped = CompressedAnswers(app, bodies or CompressedBodies(100_000))
    transport = httpx.ASGITransport(wrapped)
    headers = {"accept-encoding": "gzip"}
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


@pytest.mark.parametrize(
    ("content", "headers", "coding", "varies"),
    [
        (TEXT, {"content-type": JSON}, "gzip", True),
        (TEXT, {"content-type": "application/graphql-response+json"}, "gzip", True),
        (TEXT, {"content-type": "text/html"}, "gzip", True),
        (TEXT, {"content-type": "image/svg+xml"}, "gzip", True),
        (TEXT[:1023], {"content-type": JSON}, None, True),
        (TEXT[:1024], {"content-type": JSON}, "gzip", True),
        (TEXT, {"content-type": "font/ttf"}, None, False),
        (TEXT, {"content-type": JSON, "cache-control": "no-store, no-transform"}, None, False),
        (TEXT, {"content-type": JSON, "content-encoding": "br"}, "br", True),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_texts_above_a_kilobyte_are_compressed(
    content: bytes, headers: dict[str, str], coding: str | None, varies: bool, method: str
) -> None:
    given = {**headers, "vary": "Origin"}
    async with (
        answering(lambda: Response(content, headers=given)) as client,
        client.stream(method, "/") as response,
    ):
        sent = b"".join([part async for part in response.aiter_raw()])
    assert response.headers.get("content-encoding") == coding
    assert response.headers["content-length"] == str(len(sent))
    assert ("Accept-Encoding" in response.headers["vary"]) == varies
    assert (gzip.decompress(sent) if coding == "gzip" else sent) == content


async def test_parts_and_files_go_out_as_they_are(tmp_path: Path) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield TEXT

    (tmp_path / "a.json").write_bytes(TEXT)
    for response in (
        lambda: StreamingResponse(parts(), media_type="application/json"),
        lambda: FileResponse(tmp_path / "a.json"),
    ):
        async with answering(response) as client:
            found = await client.get("/")
        assert "content-encoding" not in found.headers
        assert found.content in (TEXT, TEXT * 2)


async def test_what_is_kept_is_kept_compressed_and_never_given_for_another() -> None:
    bodies = CompressedBodies(100_000)
    one, other = TEXT, TEXT[:-3] + b'y"}'
    for content in (one, one, other, one):
        answer = lambda content=content: Response(content, headers={"content-type": JSON})  # noqa: E731
        async with answering(answer, bodies) as client:
            assert (await client.get("/")).content == content
            zstd = await client.get("/", headers={"accept-encoding": "zstd"})
            assert zstd.headers["content-encoding"] == "zstd"
    assert tuple(bodies.counts)[:3] == (4, 4, 4)


async def test_what_was_unused_for_longest_makes_room() -> None:
    bodies = CompressedBodies(2000)
    texts = [f"{number}".encode() * 2000 for number in range(10)]
    for text in (*texts, texts[-1], texts[0]):
        assert gzip.decompress(await bodies.compressed(text, "gzip")) == text
        assert bodies.size <= 2000
    hits, misses, entries = tuple(bodies.counts)[:3]
    assert (hits, misses) == (1, 11)
    assert 1 < entries < 10


async def test_nothing_is_kept_without_memory_for_answers() -> None:
    bodies = CompressedBodies(0)
    assert gzip.decompress(await bodies.compressed(TEXT, "gzip")) == TEXT
    assert (bodies.size, bodies.counts.entries) == (0, 0)


BIG = "{ __schema { types { name description fields { name description } } } }"
DEFERRED = f"{{ __typename ... @defer {{ classifications {{ totalCount }} }} }} #{'x' * 2000}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With work of 100 days."""
    folder = tmp_path_factory.mktemp("compressed")

    async def fill() -> None:
        async with open_database(f"sqlite:///{folder}/served.db") as database:
            await database.migrate()
            months = [f"{year}-{month:02}-01T12:00" for year in range(2000, 2010)
                      for month in range(1, 11)]  # fmt: skip
            await store(database, *(classification(n, one) for n, one in enumerate(months, 1)))

    asyncio.run(fill())
    settings = {"BATCH_LIMIT": "5", "INCREMENTAL_DELIVERY": "true"}
    named = {f"STATS_GATEWAY_{name}": value for name, value in settings.items()}
    with serving(folder, **named) as server:
        yield server


LONG = "x" * 3000
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "GraphQL by GET": ("GET", "/graphql", {"params": {"query": BIG}}),
    "GraphQL by POST": ("POST", "/graphql", {"json": {"query": BIG}}),
    "a batch": ("POST", "/graphql", {"json": [{"query": BIG}] * 2}),
    "GraphQL refused": ("POST", "/graphql", {"json": {"query": f"{{ {LONG} }}"}}),
    "the page": ("GET", "/graphql", {"headers": {"accept": "text/html"}}),
    "a file of the page": ("GET", "/graphql/assets/page.js", {}),
    "OpenAPI": ("GET", "/openapi.json", {}),
    "the root": ("GET", "/", {"headers": {"accept": "text/html"}}),
    "ERAS": ("GET", "/classifications", {"params": {"period": "day"}}),
}


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize(("method", "path", "sent"), REQUESTS.values(), ids=REQUESTS)
def test_every_route_compresses_for_who_accepts_it(
    server: Server, method: str, path: str, sent: dict[str, Any], coding: str
) -> None:
    url = server.url.removesuffix("/graphql") + path
    headers = sent.get("headers", {})

    def ask(accepted: str, **more: str) -> httpx.Response:
        """The response, its bytes as they were sent."""
        given = {**headers, "accept-encoding": accepted, **more}
        with httpx.stream(method, url, **{**sent, "headers": given}) as response:
            response._content = b"".join(response.iter_raw())
        return response

    plain, compressed = ask("identity"), ask(coding)
    assert "content-encoding" not in plain.headers
    assert len(plain.content) >= 1024, plain.text
    assert compressed.headers["content-encoding"] == coding
    assert READ[coding](compressed.content) == plain.content
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"])
    for response in (plain, compressed):
        assert "Accept-Encoding" in response.headers["vary"]
        assert response.status_code == plain.status_code
    etag = compressed.headers.get("etag")
    assert (etag is None) == (plain.headers.get("etag") is None)
    if etag is not None:
        assert etag != plain.headers["etag"]
        same = ask(coding, **{"if-none-match": etag})
        assert (same.status_code, same.headers["etag"]) == (304, etag)
        assert "Accept-Encoding" in same.headers["vary"]
        other = ask("identity", **{"if-none-match": etag})
        assert (other.status_code, other.headers["etag"]) == (200, plain.headers["etag"])
    if method == "GET":
        head = httpx.head(url, **{**sent, "headers": {**headers, "accept-encoding": coding}})
        for name in ("etag", "content-length", "content-encoding", "vary"):
            assert head.headers.get(name) == compressed.headers.get(name)


def test_parts_of_an_answer_are_not_compressed(server: Server) -> None:
    headers = {"accept": "multipart/mixed", "accept-encoding": "gzip, zstd"}
    response = httpx.post(server.url, json={"query": DEFERRED}, headers=headers)
    assert response.headers["content-type"].startswith("multipart/mixed")
    assert "content-encoding" not in response.headers
    assert b'"totalCount":100' in response.content


async def test_a_kept_answer_is_compressed_once_and_found_by_its_tag(tmp_path: Path) -> None:
    clock = Clock()
    async with filled_gateway(clock, database_url=f"sqlite:///{tmp_path}/a.db") as client:
        query = f"{{ {' '.join(f'a{number}: __typename' for number in range(90))} }}"
        params = {"query": query}
        url = "http://gateway/graphql"
        gzipped = {"accept-encoding": "gzip"}
        first = await client.get(url, params=params, headers=gzipped)
        again = await client.get(url, params=params, headers=gzipped)
        post = await client.post(url, json=params, headers=gzipped)
        same = await client.get(
            url, params=params, headers={**gzipped, "if-none-match": first.headers["etag"]}
        )
        counts = client.bodies.counts  # type: ignore[attr-defined]
    assert orjson.loads(first.content)["data"]["a0"] == "Query"
    assert [one.headers["content-encoding"] for one in (first, again, post)] == ["gzip"] * 3
    assert [one.headers["cache-control"] for one in (first, post)] == [PUBLIC, PRIVATE]
    assert (same.status_code, tuple(counts)[:3]) == (304, (2, 1, 1))
