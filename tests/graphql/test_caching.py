"""What anybody may keep, what nobody may, and how HTTP's conditions are read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.graphql.documents.identifiers import hash_of
from tests.graphql.copies import (
    GRAPHQL,
    GROUP,
    GROUP_STATS,
    JSON,
    OPEN_RANGE,
    PRIVATE,
    PUBLIC,
    SITE,
    URL,
    Clock,
    filled_gateway,
    gateway,
    get,
)
from tests.server import Server, serving


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/stats.db"


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with filled_gateway(Clock(), database_url=database_url, batch_limit=2) as client:
        yield client


async def test_a_public_answer_is_kept_and_asked_about_each_time(client: httpx.AsyncClient) -> None:
    first = await get(client, SITE)
    assert first.status_code == 200
    assert first.headers["cache-control"] == PUBLIC
    assert first.headers["vary"] == (
        "Authorization, Accept, X-CKAN-API-Key, EDX-API-Key, Consistency-Token, Accept-Encoding, "
        "Origin"
    )
    again = await get(client, SITE, first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: first.headers[name] for name in ("etag", "cache-control", "vary")
    }
    assert "content-type" not in again.headers


async def test_what_is_known_to_hold_is_not_executed_again(client: httpx.AsyncClient) -> None:
    first = await get(client, GROUP_STATS)
    cache: Any = client.cache  # type: ignore[attr-defined]
    responses: Any = client.responses  # type: ignore[attr-defined]
    before = (cache.hits, cache.misses)
    assert (await get(client, GROUP_STATS, first.headers["etag"])).status_code == 304
    again = await get(client, GROUP_STATS, '"another"')
    assert (again.status_code, again.headers["etag"]) == (200, first.headers["etag"])
    assert (cache.hits, cache.misses) == before
    assert responses.hits == 2


@pytest.mark.parametrize("query", [GROUP_STATS, OPEN_RANGE])
async def test_an_answer_has_its_etag_however_it_came_about(
    client: httpx.AsyncClient, database_url: str, query: str
) -> None:
    etag = (await get(client, query)).headers["etag"]
    assert (await get(client, query)).headers["etag"] == etag
    assert client.responses.hits == 1  # type: ignore[attr-defined]
    async with gateway(Clock(), database_url=database_url, cache_bytes=0) as other:
        assert (await get(other, query)).headers["etag"] == etag


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"a", W/"b" ,{etag}', 304),
        ('"a,b",{etag},', 304),
        ("*", 304),
        (" * ", 304),
        ('"a"', 200),
        ('"a", "b"', 200),
        ("{bare}", 200),
        ('"{bare}', 200),
        ('"x{bare}"', 200),
        ("w/{bare}", 200),
        ("", 200),
        ("nonsense", 200),
    ],
)
@pytest.mark.parametrize("remembered", [True, False])
async def test_conditions_are_read_as_http_has_it(
    database_url: str,
    client: httpx.AsyncClient,
    condition: str,
    status: int,
    remembered: bool,
) -> None:
    etag = (await get(client, SITE)).headers["etag"]
    header = condition.format(etag=etag, bare=etag.strip('"'))
    if remembered:
        response = await get(client, SITE, header)
    else:
        async with gateway(Clock(), database_url=database_url) as other:
            response = await get(other, SITE, header)
    assert response.status_code == status
    assert response.headers["etag"] == etag


async def test_several_lines_of_the_header_are_one_list(client: httpx.AsyncClient) -> None:
    etag = (await get(client, SITE)).headers["etag"]
    lines = [("if-none-match", '"a"'), ("if-none-match", etag)]
    response = await client.get(URL, params={"query": SITE}, headers=lines)
    assert response.status_code == 304


async def test_what_is_asked_is_no_part_of_an_etag(client: httpx.AsyncClient) -> None:
    """Only the media type and the bytes of the answer are."""
    fields = "{ a: __type(name: $a) { name } b: __type(name: $b) { name } }"
    takes = '($a: String! = "x", $b: String! = "y")'
    query = f"query A{takes} {fields} query B{takes} {fields}"
    texts = (query, f"{query} ")
    variables = ({}, {"a": "x"}, {"a": "y"}, {"b": "y"}, {"a": "x", "b": "y"})
    names = ("A", "B")
    found: dict[str, set[str]] = {JSON: set(), GRAPHQL: set()}
    for text, given, name, media in product(texts, variables, names, found):
        parts = {"query": text, "variables": json.dumps(given), "operationName": name}
        response = await client.get(URL, params=parts, headers={"accept": media})
        assert response.content == b'{"data":{"a":null,"b":null}}'
        found[media].add(response.headers["etag"])
    assert [len(found[JSON]), len(found[GRAPHQL]), len(found[JSON] & found[GRAPHQL])] == [1, 1, 0]


async def test_the_tag_of_one_question_is_none_of_another(client: httpx.AsyncClient) -> None:
    etag = (await get(client, SITE)).headers["etag"]
    other = await get(client, GROUP, etag)
    assert (other.status_code, other.headers["etag"] == etag) == (200, False)


async def test_a_question_with_its_cost_has_an_etag_of_its_own(client: httpx.AsyncClient) -> None:
    parts = {"query": SITE, "extensions": '{"cost":true}'}
    plain = await get(client, SITE)
    with_cost = await client.get(URL, params=parts)
    assert "cost" in with_cost.json()["extensions"]
    assert with_cost.headers["etag"] != plain.headers["etag"]
    headers = {"if-none-match": plain.headers["etag"]}
    assert (await client.get(URL, params=parts, headers=headers)).content == with_cost.content


async def test_a_registered_operation_is_cached_like_its_text(client: httpx.AsyncClient) -> None:
    named = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(SITE)}}
    parts = {"extensions": json.dumps(named)}
    unknown = await client.get(URL, params=parts)
    assert unknown.headers["cache-control"] == PRIVATE
    assert "etag" not in unknown.headers
    await client.post(URL, json={"query": SITE, "extensions": named})
    first = await client.get(URL, params=parts)
    assert first.headers["cache-control"] == PUBLIC
    headers = {"if-none-match": first.headers["etag"]}
    assert (await client.get(URL, params=parts, headers=headers)).status_code == 304


REFUSED = {
    "no query": ("GET", {"params": {"query": ""}}),
    "no GraphQL": ("GET", {"params": {"query": "{"}}),
    "a field's error": ("GET", {"params": {"query": f"{SITE[:-1]} user(id: 999) {{ id }} }}"}}),
    "a guard": ("GET", {"params": {"query": "{ user(id: 1) { classifications { totalCount } } }"}}),
    "credentials that do not verify": (
        "GET",
        {"params": {"query": SITE}, "headers": {"authorization": "Bearer x"}},
    ),
    "an unknown key": (
        "GET",
        {"params": {"query": SITE}, "headers": {"x-ckan-api-key": "sg_unknown"}},
    ),
    "a mutation": ("GET", {"params": {"query": "mutation { x }"}}),
    "POST": ("POST", {"json": {"query": SITE}}),
    "a batch": ("POST", {"json": [{"query": SITE}]}),
    "another method": ("PUT", {"params": {"query": SITE}}),
}


@pytest.mark.parametrize("condition", [None, "*"])
@pytest.mark.parametrize(("method", "request_"), REFUSED.values(), ids=REFUSED)
async def test_nothing_else_is_kept_and_no_condition_meets_it(
    client: httpx.AsyncClient, method: str, request_: dict[str, Any], condition: str | None
) -> None:
    headers = {**request_.get("headers", {})}
    if condition is not None:
        headers["if-none-match"] = condition
    response = await client.request(method, URL, **{**request_, "headers": headers})
    assert response.status_code != 304
    assert response.headers["cache-control"] == PRIVATE
    assert "etag" not in response.headers


async def test_a_budget_is_spent_by_what_is_not_executed_too(database_url: str) -> None:
    async with gateway(
        Clock(), database_url=database_url, cost_per_minute=300, cost_limit=300
    ) as client:
        parts = {"query": SITE, "extensions": '{"cost":true}'}
        first = await client.get(URL, params=parts)
        cost = first.json()["extensions"]["cost"]["value"]
        headers = {"if-none-match": first.headers["etag"]}
        statuses = [
            (await client.get(URL, params=parts, headers=headers)).status_code
            for _ in range(300 // cost)
        ]
    assert statuses == [304] * (300 // cost - 1) + [429]


async def test_a_tokens_answer_is_its_viewers_own(database_url: str, tmp_path: Path) -> None:
    keys = write_new_keys(tmp_path / "keys")
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(keys.private.read_bytes(), 1, "ada", "Ada", False, expires)
    clock = Clock()
    clock.now = datetime.now(UTC)
    query = "{ me { login } classifications { totalCount } }"
    async with gateway(
        clock, database_url=database_url, jwt_public_key_file=str(keys.public)
    ) as client:
        public = await get(client, query)
        etag = public.headers["etag"]
        own = await get(client, query, etag, authorization=f"Bearer {token}")
        for condition in (etag, "*"):
            again = await get(client, query, condition, authorization=f"Bearer {token}")
            assert again.status_code == 200
        assert own.json()["data"]["me"] == {"login": "ada"}
        assert own.headers["cache-control"] == PRIVATE
        assert "etag" not in own.headers
        assert (await get(client, query, etag)).status_code == 304
    assert public.json()["data"]["me"] is None


@pytest.mark.parametrize("accept", [JSON, f"multipart/mixed, {JSON}"])
async def test_an_answer_in_parts_is_not_kept_and_a_whole_one_is(
    database_url: str, accept: str
) -> None:
    async with gateway(Clock(), database_url=database_url, incremental_delivery=True) as client:
        whole = await get(client, SITE, accept=accept)
        deferred = await get(
            client, "{ __typename ... @defer { comments { totalCount } } }", "*", accept=accept
        )
        again = await get(client, SITE, whole.headers["etag"], accept=accept)
    assert (whole.headers["cache-control"], again.status_code) == (PUBLIC, 304)
    assert deferred.status_code == (200 if "mixed" in accept else 406)
    assert "etag" not in deferred.headers
    assert "no-store" in deferred.headers["cache-control"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("cached")) as server:
        yield server


def test_over_http_head_is_get_without_the_body(server: Server) -> None:
    url = server.url
    for query in (SITE, "{", "{ user(id: 999) { id } }"):
        got = httpx.get(url, params={"query": query})
        head = httpx.head(url, params={"query": query})
        assert (head.status_code, head.content) == (got.status_code, b"")
        for name in ("etag", "cache-control", "vary", "content-type", "content-length"):
            assert head.headers.get(name) == got.headers.get(name)
    etag = httpx.get(url, params={"query": SITE}).headers["etag"]
    same = httpx.head(url, params={"query": SITE}, headers={"if-none-match": etag})
    refused = httpx.head(url, params={"query": "mutation { x }"})
    assert (same.status_code, refused.status_code) == (304, 405)
