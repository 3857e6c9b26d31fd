"""A slash at the end of a path: answered as without it, wherever it is asked."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.app import create_app
from gateway.settings import Settings

PAGE = "https://www.zooniverse.org"
#: Values of the parameters in paths.
VALUES = {"id": "1", "activity": "classification", "period": "day", "name": "page.css"}
#: What no two answers have in common.
OWN = {"date", "x-request-id", "server-timing"}
ASKS = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Starlette]:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/app.db"))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://stats") as client:
        yield client


def paths(app: Starlette) -> list[str]:
    def filled(match: re.Match[str]) -> str:
        return VALUES.get(match[1], "unknown")

    routes = [route.path for route in app.routes if isinstance(route, Route)]
    return [re.sub(r"\{(\w+)\}", filled, path) for path in routes if path != "/"]


def shown(response: httpx.Response) -> tuple[object, ...]:
    headers = {name: value for name, value in response.headers.items() if name not in OWN}
    return response.status_code, headers, re.sub(rb"[\d.]+ ?ms", b"", response.content)


async def test_every_route_answers_alike_with_a_slash_and_without(
    app: Starlette, client: httpx.AsyncClient
) -> None:
    found = paths(app)
    for path in found:
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            asked = [await client.request(method, f"{path}{slash}?x=1") for slash in ("", "/")]
            assert shown(asked[0]) == shown(asked[1]), (method, path)
            # The retired service alone redirects, to no other host or scheme.
            assert asked[1].headers.get("location", "/").startswith("/")
            assert asked[1].is_redirect is (path.startswith("/counts/") and method[0] in "GH")
    assert {"/graphql", "/kinesis", "/livez", "/openapi.json"} <= set(found)


async def test_a_preflight_is_never_redirected(app: Starlette, client: httpx.AsyncClient) -> None:
    for path in (
        "/graphql/",
        "/classifications/",
        "/nothing/here/",
        "/nothing",
        "/api/3/action/x/",
    ):
        response = await client.options(path, headers=ASKS)
        assert response.status_code == 200, path
        assert response.headers["access-control-allow-origin"] == "*", path
    for path in paths(app):
        assert not (await client.options(f"{path}/", headers=ASKS)).is_redirect


async def test_operations_are_answered_at_a_path_with_a_slash(client: httpx.AsyncClient) -> None:
    query = {"query": "{ __typename }"}
    expected = {"data": {"__typename": "Query"}}
    assert (await client.post("/graphql/", json=query)).json() == expected
    assert (await client.get("/graphql/", params=query)).json() == expected
    # One is a slash; what else there is, is another path.
    assert (await client.get("/graphql//", params=query)).status_code == 404
    assert (await client.get("/graphql%2F", params=query)).status_code == 404


async def test_the_page_finds_its_files_from_an_address_with_a_slash(
    client: httpx.AsyncClient,
) -> None:
    for address in ("/graphql", "/graphql/", "/graphql?page=small", "/graphql/?page=small"):
        page = await client.get(address, headers={"accept": "text/html"})
        links = re.findall(r'(?:href|src)="([^"#:]+)"', page.text)
        assert links
        for link in links:
            file = await client.get(str(page.url.join(link)))
            assert file.status_code == 200, (address, link)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/graphql/assets/nothing.js", 404),
        ("POST", "/livez", 405),
        ("DELETE", "/graphql", 405),
        ("POST", "/classifications", 405),
        ("GET", "/kinesis", 405),
    ],
)
async def test_pages_may_read_that_there_is_nothing(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path, headers={"Origin": PAGE})
    assert response.status_code == status
    assert response.headers.get_list("access-control-allow-origin") == ["*"]
