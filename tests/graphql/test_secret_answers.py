"""An answer that a resolver marks as secret: no cache stores it, and nothing compresses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import strawberry

from gateway.graphql.execution.preparation import Preparation
from resolvers.context import Info
from tests.graphql.copies import PRIVATE, PUBLIC, URL, Clock, gateway

#: Long enough to be compressed.
LINK = "https://example.org/join/" + "a" * 2000
SECRET = f"{PRIVATE}, no-transform"


@strawberry.type
class Group:
    @strawberry.field
    async def join_link(self, info: Info) -> str | None:
        info.context.mark_secret()
        return LINK

    @strawberry.field
    async def path(self, info: Info) -> str:
        return str(info.path.key)

    @strawberry.field
    def about(self) -> str:
        return LINK


@strawberry.type
class Query:
    @strawberry.field
    async def groups(self, info: Info) -> list[Group]:
        # The answer depends on an entity, so that it is cached.
        await info.context.loaders.users.load(1)
        return [Group()]

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError


@strawberry.type
class Mutation:
    @strawberry.mutation
    def join(self, info: Info, marked: bool) -> str:
        if marked:
            info.context.mark_secret()
        return LINK


OPEN = "{ groups { about } }"
#: Executed breadth-first, and by graphql-core.
MARKED = ("{ groups { about joinLink } }", "{ groups { joinLink path } }")


@pytest.fixture
async def client(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    schema: Any = strawberry.Schema(Query, Mutation)._schema
    monkeypatch.setattr("gateway.services.graphql_schema", schema)
    settings: dict[str, Any] = {"batch_limit": 3, "incremental_delivery": True}
    async with gateway(Clock(), database_url=database_url, **settings) as client:
        client.headers["accept-encoding"] = "gzip"
        yield client


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that were read, and not found by the request memo."""
    prepared: list[str] = []
    whole = Preparation.prepare

    async def counted(self: Preparation, request: Any, *rest: Any) -> Any:
        prepared.append(request.query)
        return await whole(self, request, *rest)

    monkeypatch.setattr(Preparation, "prepare", counted)
    return prepared


def told(response: httpx.Response) -> tuple[str | None, ...]:
    assert response.status_code == 200
    assert LINK in response.text
    names = ("cache-control", "content-encoding", "etag")
    return tuple(response.headers.get(name) for name in names)


async def post(client: httpx.AsyncClient, query: str, **headers: str) -> httpx.Response:
    return await client.post(URL, json={"query": query}, headers=headers)


@pytest.mark.parametrize("query", MARKED)
async def test_an_answer_with_a_secret_is_neither_stored_nor_compressed(
    client: httpx.AsyncClient, prepared: list[str], query: str
) -> None:
    for _ in range(2):
        for response in (await client.get(URL, params={"query": query}), await post(client, query)):
            assert told(response) == (SECRET, None, None)
    assert prepared == [query] * 4
    assert client.responses.counts.entries == 0  # type: ignore[attr-defined]
    assert client.bodies.counts.entries == 0  # type: ignore[attr-defined]


async def test_an_answer_beside_it_is_stored_and_compressed(
    client: httpx.AsyncClient, prepared: list[str]
) -> None:
    for _ in range(2):
        cache_control, coding, etag = told(await client.get(URL, params={"query": OPEN}))
        assert (cache_control, coding) == (PUBLIC, "gzip")
        assert etag is not None
    assert prepared == [OPEN]


async def test_an_answer_with_a_secret_and_an_error_is_not_compressed(
    client: httpx.AsyncClient,
) -> None:
    response = await post(client, "{ broken groups { joinLink } }")
    assert "errors" in response.json()
    assert told(response) == (SECRET, None, None)


async def test_a_batch_with_a_secret_is_not_compressed(
    client: httpx.AsyncClient, prepared: list[str]
) -> None:
    for queries, expected in (
        ([OPEN, OPEN], (PRIVATE, "gzip", None)),
        ([OPEN, MARKED[0]], (SECRET, None, None)),
    ):
        batch = [{"query": query} for query in queries]
        for _ in range(2):
            assert told(await client.post(URL, json=batch)) == expected
    assert prepared.count(MARKED[0]) == 2


async def test_what_a_mutation_returns_is_compressed_unless_it_is_a_secret(
    client: httpx.AsyncClient,
) -> None:
    answer = await post(client, "mutation { join(marked: false) }")
    assert told(answer) == (PRIVATE, "gzip", None)
    assert told(await post(client, "mutation { join(marked: true) }")) == (SECRET, None, None)


async def test_an_answer_that_could_have_come_in_parts_is_not_compressed(
    client: httpx.AsyncClient,
) -> None:
    parts = {"accept": "multipart/mixed, application/json"}
    for query in (*MARKED, "{ groups { ... @defer(if: false) { joinLink } } }"):
        assert told(await post(client, query, **parts)) == (SECRET, None, None)
    response = await post(client, "{ groups { ... @defer { joinLink } } }", **parts)
    assert told(response) == (PRIVATE, None, None)
