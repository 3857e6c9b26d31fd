"""Which page a browser gets, and how the files of a bundle are handed out."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from gateway.graphql.endpoint.html import Example
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.graphiql import built_graphiql
from gateway.graphql.page import Page

EXAMPLES = [Example("Greeting </script>", "{ greeting }")]
SCRIPT = b"export default 42;\n"
FILES = {
    "index.html": b'<title>GraphiQL</title><script id="examples">{{ examples }}</script>',
    "licenses.md": b"MIT",
    "graphql/graphiql/main-0a1b2c3d.js": SCRIPT,
    "graphql/graphiql/main-0a1b2c3d.js.gz": gzip.compress(SCRIPT),
    "graphql/graphiql/look-0a1b2c3d.css": b"p {}",
    "graphql/graphiql/icons-0a1b2c3d.ttf": b"\0\1",
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        file = tmp_path / "bundle" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "bundle"


def _client(bundle: Path) -> httpx.AsyncClient:
    pages = Pages(Page(EXAMPLES), built_graphiql(EXAMPLES, bundle))

    async def document(request: Request):
        return pages.document(request)

    app = Starlette(routes=[Route("/graphql", document), *pages.routes("/graphql")])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def client(bundle: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(bundle) as client:
        # Each test sends what it is about.
        del client.headers["accept-encoding"]
        yield client


async def test_graphiql_is_the_page_where_it_was_built(client):
    page = await client.get("/graphql")
    assert page.text == (
        '<title>GraphiQL</title><script id="examples">'
        r'[{"title":"Greeting \u003c/script>","query":"{ greeting }","variables":{}}]</script>'
    )
    assert page.headers["cache-control"] == "no-cache"


async def test_graphiql_may_run_its_own_scripts_and_ask_its_own_host_alone(client):
    page = await client.get("/graphql")
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    ("query", "small"), [("page=small", True), ("page=large", False), ("", False)]
)
async def test_the_small_page_is_there_for_who_asks_for_it(client, query, small):
    page = await client.get(f"/graphql?{query}")
    assert ('<button id="run"' in page.text) is small
    assert ("<title>GraphiQL</title>" in page.text) is not small


async def test_the_small_page_is_the_page_where_graphiql_was_not_built(tmp_path):
    async with _client(tmp_path / "none") as client:
        page = await client.get("/graphql")
        script = await client.get("/graphql/graphiql/main-0a1b2c3d.js")
    assert '<button id="run"' in page.text
    assert script.status_code == 404


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("main-0a1b2c3d.js", "text/javascript; charset=utf-8"),
        ("look-0a1b2c3d.css", "text/css; charset=utf-8"),
        ("icons-0a1b2c3d.ttf", "font/ttf"),
    ],
)
async def test_a_file_comes_with_its_type_and_is_kept_for_good(client, name, media):
    file = await client.get(f"/graphql/graphiql/{name}")
    assert file.content == FILES[f"graphql/graphiql/{name}"]
    assert file.headers["content-type"] == media
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, None),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br;q=1.0, gzip;q=0.5", "gzip"),
        ("br", None),
        ("gzip;q=0", None),
        ("identity", None),
    ],
)
async def test_a_file_is_compressed_for_who_accepts_it(client, accepted, encoding):
    headers = {} if accepted is None else {"accept-encoding": accepted}
    file = await client.get("/graphql/graphiql/main-0a1b2c3d.js", headers=headers)
    assert file.headers.get("content-encoding") == encoding
    assert file.headers["vary"] == "Accept-Encoding"
    assert file.headers["content-type"] == "text/javascript; charset=utf-8"
    assert file.content == SCRIPT


async def test_a_file_that_was_not_compressed_goes_out_as_it_is(client):
    headers = {"accept-encoding": "gzip"}
    file = await client.get("/graphql/graphiql/look-0a1b2c3d.css", headers=headers)
    assert (file.content, file.headers.get("content-encoding")) == (b"p {}", None)


@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "main-0a1b2c3d.js.gz",
        "index.html",
        "licenses.md",
        "../../index.html",
        "..%2f..%2findex.html",
        "%2e%2e/%2e%2e/index.html",
        "..%5c..%5cindex.html",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "main-0a1b2c3d.js%00",
        "",
    ],
)
async def test_nothing_but_the_files_of_the_page_is_handed_out(client, path):
    assert (await client.get(f"/graphql/graphiql/{path}")).status_code == 404
