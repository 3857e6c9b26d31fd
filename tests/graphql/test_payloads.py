"""Answers in parts have the limits and the turns that whole answers have."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution import writing
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.production import WORK_OF_AN_ERROR
from gateway.graphql.masking import ErrorMask
from gateway.telemetry.record import RequestRecord
from gateway.yielding import WORK_PER_YIELD, Yielding
from tests.graphql.conftest import URL, open_operation
from tests.graphql.test_incremental import PARTS, SCHEMA, parts
from tests.graphql.test_writing import count

#: The tests' own, which nobody watches.
WRITE = orjson.dumps
LONG = "greeting(times: 200)"
TOO_LARGE = {"code": "ANSWER_TOO_LARGE", "limit": 4000}


@pytest.fixture
async def client(endpoint: Callable[..., Any], client_of: Callable[..., Any]) -> httpx.AsyncClient:
    made: httpx.AsyncClient = await client_of(
        endpoint(schema=SCHEMA, part_seconds=10, answer_limit=4000)
    )
    return made


async def ask(client: httpx.AsyncClient, query: str) -> httpx.Response:
    return await client.post(URL, json={"query": query}, headers=PARTS)


async def test_a_deferred_answer_has_the_limit_of_bytes_of_a_whole_one(
    client: httpx.AsyncClient,
) -> None:
    whole = await ask(client, f"{{ a: {LONG} b: {LONG} }}")
    assert whole.json()["errors"][0]["extensions"] == TOO_LARGE
    first, *_, last = parts(await ask(client, f"{{ a: {LONG} ... @defer {{ b: {LONG} }} }}"))
    assert len(first["data"]["a"]) == 2199
    assert last["hasNext"] is False
    (ended,) = last["completed"]
    assert ended["id"] == first["pending"][0]["id"]
    assert ended["errors"][0]["extensions"] == TOO_LARGE


async def test_a_first_part_that_is_too_large_is_refused_as_a_whole_answer(
    client: httpx.AsyncClient,
) -> None:
    whole = f"a: {LONG} b: {LONG}"
    for deferred in ("greeting", "greeting @skip(if: true)"):
        response = await ask(client, f"{{ {whole} ... @defer {{ c: {deferred} }} }}")
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.json()["errors"][0]["extensions"] == TOO_LARGE


async def test_what_was_not_announced_does_not_end(client: httpx.AsyncClient) -> None:
    inner = f"b: {LONG} ... @defer {{ c: greeting }}"
    first, *_, last = parts(await ask(client, f"{{ a: {LONG} ... @defer {{ {inner} }} }}"))
    announced = [one["id"] for one in first["pending"]]
    assert [one["id"] for one in last["completed"]] == announced


async def streamed(query: str, mask: ErrorMask, yielding: Yielding) -> list[dict[str, Any]]:
    """The parts of an answer, as they are sent."""
    executor = Executor(SCHEMA, Documents(SCHEMA), open_operation, mask, 60, yielding=yielding)
    kinds, record = {OperationType.QUERY}, RequestRecord("", "POST")
    answers = executor.stream(GraphQLRequest(query), ANONYMOUS, kinds, record)
    return [orjson.loads(WRITE(answer)) async for answer in answers]


async def test_many_errors_of_one_part_are_masked_in_turns() -> None:
    turn, masked = 0, Counter[int]()

    async def watch() -> None:
        nonlocal turn
        while True:
            await asyncio.sleep(0)
            turn += 1

    def new_reference() -> str:
        masked[turn] += 1
        return "x"

    watching = asyncio.create_task(watch())
    query = "{ greeting ... @defer { items(first: 1000) { broken } } }"
    _, last = await streamed(query, ErrorMask(new_reference), Yielding())
    watching.cancel()
    assert len(last["incremental"][0]["errors"]) == masked.total() == 1000
    assert max(masked.values()) <= WORK_PER_YIELD // WORK_OF_AN_ERROR


QUERIES = {
    "deferred": "{ greeting ... @defer { items(first: 90) { a: number b: number broken } } }",
    "streamed": "{ items(first: 90) @stream(initialCount: 30) { a: number b: number broken } }",
    "each deferred": "{ items(first: 90) { a: number ... @defer { b: number broken } } }",
    "all at once": "{ items(first: 90) { number broken ... @defer(if: false) { b: number } } }",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_long_parts_are_written_in_pieces(
    monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    at_once = gathered(await streamed(query, ErrorMask(lambda: "x"), Yielding()))
    monkeypatch.setattr(writing, "VALUES_AT_ONCE", 10)
    monkeypatch.setattr(writing, "VALUES_A_PIECE", 10)
    counts = []

    def watched(content: Any, **options: Any) -> bytes:
        counts.append(count(content))
        return WRITE(content, **options)

    monkeypatch.setattr(writing.orjson, "dumps", watched)  # type: ignore[attr-defined]
    pieces = await streamed(query, ErrorMask(lambda: "x"), Yielding(50))
    assert gathered(pieces) == at_once
    assert sum(counts) > 500
    assert max(counts) <= 20


def gathered(answers: list[dict[str, Any]]) -> Counter[bytes]:
    """What the parts say together: which items come together is up to the loop's turns."""
    said: list[Any] = []
    for answer in answers:
        came = answer.get("incremental", ())
        said += [answer["data"]] if "data" in answer else []
        said += [*answer.get("pending", ()), *answer.get("completed", ())]
        said += [(one["id"], one.get("subPath"), one["data"]) for one in came if "data" in one]
        said += [(one["id"], item) for one in came for item in one.get("items", ())]
        said += [error for one in (answer, *came) for error in one.get("errors", ())]
    return Counter(map(WRITE, said))
