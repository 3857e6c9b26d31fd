"""``@defer`` and ``@stream``: unknown unless a setting says so, then answered in parts."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.graphql.execution.compiled_objects import CompiledObjects
from gateway.graphql.execution.incremental import with_incremental_directives
from tests.graphql.conftest import SECRET, URL, Context, open_operation, schema

PARTS = {"accept": "multipart/mixed, application/json"}
SCHEMA = with_incremental_directives(schema._schema)
DEFERRED = '{ greeting ... @defer(label: "more") { items(first: 2) { later } } }'


@pytest.fixture
async def client(endpoint, client_of):
    return await client_of(endpoint(schema=SCHEMA, part_seconds=10))


def parts(response):
    """The JSON of each part, read as strictly as it is specified."""
    assert response.status_code == 200
    assert response.headers["content-type"] == 'multipart/mixed; boundary="-"'
    before, *found, end = response.content.split(b"\r\n---")
    assert (before, end) == (b"", b"--\r\n")
    bodies = []
    for part in found:
        head, body = part.split(b"\r\n\r\n")
        assert head == b"\r\nContent-Type: application/json; charset=utf-8"
        bodies.append(json.loads(body))
    return bodies


async def test_deferred_fragments_come_once_they_are_there(client):
    response = await client.post(URL, json={"query": DEFERRED}, headers=PARTS)
    assert parts(response) == [
        {
            "data": {"greeting": "Hello you!"},
            "pending": [{"id": "0", "path": [], "label": "more"}],
            "hasNext": True,
        },
        {
            "incremental": [{"data": {"items": [{"later": 0}, {"later": 1}]}, "id": "0"}],
            "completed": [{"id": "0"}],
            "hasNext": False,
        },
    ]
    assert response.headers["cache-control"] == "private, no-store"


async def test_streamed_lists_come_item_by_item(client):
    query = "{ items @stream(initialCount: 1) { later } }"
    first, *others = parts(await client.get(URL, params={"query": query}, headers=PARTS))
    assert first["data"] == {"items": [{"later": 0}]}
    came = [item for part in others for one in part.get("incremental", ()) for item in one["items"]]
    assert came == [{"later": 1}, {"later": 2}]
    assert [part["hasNext"] for part in (first, *others)] == [True] * len(others) + [False]


@pytest.mark.parametrize(
    "query", ["{ greeting }", "{ greeting ... @defer(if: false) { items { number } } }", "{"]
)
async def test_what_does_not_come_in_parts_is_one_answer(client, query):
    response = await client.post(URL, json={"query": query}, headers=PARTS)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert ("data" in response.json()) is (query != "{")


async def test_a_client_that_takes_parts_alone_gets_json_where_there_are_none(client):
    response = await client.post(
        URL, json={"query": "{ greeting }"}, headers={"accept": "multipart/mixed"}
    )
    assert response.json() == {"data": {"greeting": "Hello you!"}}


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "multipart/mixed;deferSpec=20220824, application/json"]
)
async def test_who_does_not_take_these_parts_is_told_so(client, accept):
    response = await client.post(URL, json={"query": DEFERRED}, headers={"accept": accept})
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"] == {"code": "NOT_ACCEPTABLE"}


async def test_without_the_setting_the_directives_are_unknown(endpoint, client_of):
    client = await client_of(endpoint())
    response = await client.post(URL, json={"query": DEFERRED}, headers=PARTS)
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "@defer" in error["message"]


async def test_errors_in_later_parts_are_masked(client, caplog):
    query = "{ broken ... @defer { items(first: 1) { broken } } }"
    response = await client.post(URL, json={"query": query}, headers=PARTS)
    first, second = parts(response)
    assert SECRET not in response.text
    (early,), (late,) = first["errors"], second["incremental"][0]["errors"]
    assert late["path"] == ["items", 0, "broken"]
    references = {early["extensions"]["reference"], late["extensions"]["reference"]}
    assert len(references) == 2
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert all(reference in logged for reference in references)


async def test_a_part_that_takes_too_long_ends_the_answer(endpoint, client_of):
    client = await client_of(endpoint(timeout_seconds=0.1, schema=SCHEMA, part_seconds=10))
    query = "{ greeting ... @defer { items(first: 1) { never } } }"
    _, last = parts(await client.post(URL, json={"query": query}, headers=PARTS))
    assert last["hasNext"] is False
    (ended,) = last["completed"]
    assert ended["errors"][0]["extensions"] == {"code": "OPERATION_TIMEOUT"}


async def test_the_operation_lives_until_the_last_part(endpoint, client_of):
    log = []

    @asynccontextmanager
    async def opened(viewer, record):
        async with open_operation(viewer, record) as context:
            log.append("opened")
            yield context
            log.append("closed")

    running = endpoint(schema=SCHEMA, part_seconds=10, open_operation=opened)

    async def noting(scope, receive, send):
        async def send_noted(message):
            log.append(message.get("body", b"")[-6:])
            await send(message)

        await running(scope, receive, send_noted)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(noting)) as client:
        await client.post(URL, json={"query": DEFERRED}, headers=PARTS)
    assert log == ["opened", b"", b"}\r\n---", b"}\r\n---", "closed", b"--\r\n"]


async def test_a_client_that_goes_stops_what_has_not_come(endpoint):
    closed = asyncio.Event()
    first_part = asyncio.Event()

    @asynccontextmanager
    async def opened(viewer, record):
        try:
            yield Context(viewer=viewer)
        finally:
            closed.set()

    body = json.dumps({"query": "{ greeting ... @defer { items { never } } }"}).encode()
    incoming = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})

    async def send(message):
        if message.get("body"):
            first_part.set()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"accept", b"multipart/mixed"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
    }
    running = endpoint(timeout_seconds=300, schema=SCHEMA, part_seconds=300, open_operation=opened)
    answering = asyncio.create_task(running(scope, incoming.get, send))
    await first_part.wait()
    assert not closed.is_set()
    incoming.put_nowait({"type": "http.disconnect"})
    await answering
    assert closed.is_set()


def test_the_schema_that_is_printed_does_not_have_them():
    assert {"defer", "stream"} <= {directive.name for directive in SCHEMA.directives}
    assert not {"defer", "stream"} & {directive.name for directive in schema._schema.directives}


@pytest.mark.parametrize(
    "query",
    [
        "{ items { number ... @defer { n: number } } }",
        "{ items { number } ... @defer { items { number n: number } } }",
        "{ ... @defer { items { number } } ... @defer { items { n: number } } }",
        '{ ... @defer(label: "a") { items { number ... @defer(label: "b") { n: number } } } }',
        "{ items @stream(initialCount: 1) { number } }",
        "{ items @stream(initialCount: 1) { number ... @defer { n: number } } }",
        "{ greeting ... @defer { items @stream(initialCount: 1) { number } } }",
    ],
)
async def test_what_is_compiled_comes_in_the_same_parts(client, monkeypatch, query):
    """The same as from graphql-core, which gets nothing compiled the second time."""
    found = parts(await client.post(URL, json={"query": query}, headers=PARTS))
    assert len(found) > 1
    monkeypatch.setattr(CompiledObjects, "make", lambda *_: None)
    assert found == parts(await client.post(URL, json={"query": query}, headers=PARTS))
